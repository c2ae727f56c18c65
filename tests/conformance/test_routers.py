"""A sound router passes its contract, and each broken one is caught by what it breaks."""

from __future__ import annotations

import pytest

from partywire.testing import RouterContract
from tests.conformance.routers import TABLE, OfRouters
from tests.conformance.running import Broken, caught, unbroken


class TestThrough(OfRouters):
    pass


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_broken_router_is_caught(case: Broken, backend: str) -> None:
    caught(case, backend)


def test_every_promise_has_a_router_that_breaks_it() -> None:
    assert not unbroken(RouterContract, TABLE)
