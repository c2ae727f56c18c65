"""A sound attester passes its contract, and each broken one is caught by what it breaks."""

from __future__ import annotations

import pytest

from partywire.testing import AttesterContract
from tests.conformance.attesters import TABLE, OfDigests
from tests.conformance.running import Broken, caught, unbroken


class TestDigests(OfDigests):
    pass


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_broken_attester_is_caught(case: Broken, backend: str) -> None:
    caught(case, backend)


def test_every_promise_has_an_attester_that_breaks_it() -> None:
    assert not unbroken(AttesterContract, TABLE)
