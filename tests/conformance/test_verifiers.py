"""A sound verifier passes its contract, and each broken one is caught by what it breaks."""

from __future__ import annotations

import pytest

from partywire.testing import VerifierContract
from tests.conformance.running import Broken, caught, unbroken
from tests.conformance.verifiers import TABLE, OfProofs, OfSeals


class TestSeals(OfSeals):
    pass


class TestProofs(OfProofs):
    pass


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_broken_verifier_is_caught(case: Broken, backend: str) -> None:
    caught(case, backend)


def test_every_promise_has_a_verifier_that_breaks_it() -> None:
    assert not unbroken(VerifierContract, TABLE)
