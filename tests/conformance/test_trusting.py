"""A verifier that says what it trusts passes its contract, and each odd one is caught."""

from __future__ import annotations

import pytest

from partywire.testing import TrustedContract
from tests.conformance.running import Broken, caught, unbroken
from tests.conformance.trusting import TABLE, OfDoors


class TestDoors(OfDoors):
    pass


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_an_odd_text_is_caught(case: Broken) -> None:
    caught(case, "asyncio")


def test_every_promise_has_a_verifier_that_breaks_it() -> None:
    assert not unbroken(TrustedContract, TABLE)
