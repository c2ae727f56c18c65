"""Each broken transport is caught by the test that names the promise, and by few others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partywire.testing import TransportContract
from tests.conformance.broken import cancelling, closing, delivering, loading, proving, serving
from tests.conformance.running import Broken, caught, unbroken
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


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_broken_transport_is_caught_by_the_promise_that_it_breaks(
    case: Broken, backend: str
) -> None:
    group = type(f"{case.contract.__name__}OverWire", (OverWire, case.contract), {})
    caught(replace(case, contract=group), backend, plugins=(Wire(case.subject),))


def test_every_promise_has_a_transport_that_breaks_it() -> None:
    assert not unbroken(TransportContract, TABLE)
