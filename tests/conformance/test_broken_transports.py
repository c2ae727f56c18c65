"""Each broken transport is caught by the test that names the promise, and by few others."""

from __future__ import annotations

from typing import Any

import pytest

from partywire.testing import TransportContract
from tests.conformance.broken import cancelling, closing, delivering, loading, proving, serving
from tests.conformance.running import Broken, kept_of
from tests.conformance.stages import OverWire
from tests.conformance.wire import Wire

TABLE = [
    *delivering.TABLE,
    *closing.TABLE,
    *cancelling.TABLE,
    *loading.TABLE,
    *serving.TABLE,
    *proving.TABLE,
]

GUARD = {"test_no_promise_is_overridden_silently"}  # broken in test_overrides.py


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_broken_transport_is_caught_by_the_promise_that_it_breaks(
    case: Broken, backend: str
) -> None:
    def contract(patience: float) -> Any:
        facts = {"plugins": (Wire(case.subject),), "patience": patience}
        return type(f"Over{case}", (OverWire, case.contract), facts)

    expected = {case.promise, *(case.also or ())} if case.only in ("", backend) else set()
    assert not kept_of(contract(1.0), expected, backend)
    if backend == "asyncio" and case.also is not None:
        others = set(case.contract.promises()) - expected
        assert kept_of(contract(10.0), others, backend) == others


def test_every_promise_of_a_transport_has_a_transport_that_breaks_it() -> None:
    broken = {name for case in TABLE for name in (case.promise, *(case.also or ()))}
    assert set(TransportContract.promises()) - broken == GUARD
