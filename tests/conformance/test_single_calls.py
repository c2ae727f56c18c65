"""A sound wire of single calls keeps its contract, and each broken one is caught by its promise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partywire.testing import SingleCallContract
from tests.conformance.broken.calling import TABLE
from tests.conformance.running import Broken, caught, unbroken
from tests.conformance.single import SingleTransport
from tests.conformance.stages import OverWire
from tests.conformance.wire import Wire


class TestSingleCalls(OverWire, SingleCallContract):
    plugins = (Wire(SingleTransport),)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_broken_wire_is_caught_by_the_promise_that_it_breaks(case: Broken, backend: str) -> None:
    group = type(f"{case.contract.__name__}OverWire", (OverWire, case.contract), {})
    caught(replace(case, contract=group), backend, plugins=(Wire(case.subject),))


def test_every_promise_has_a_wire_that_breaks_it() -> None:
    assert not unbroken(SingleCallContract, TABLE)
