"""Every contender of the benchmark carries what it is given; nothing is timed here."""

from __future__ import annotations

import pytest

from benchmarks.wire.contenders import CONTENDERS
from benchmarks.wire.pairs import pair
from benchmarks.wire.workloads import MIB, Workload

FEW = (
    Workload("there and back", "round trips", "us", 64, 5),
    Workload("one way", "one way", "MB/s", 2 * MIB, 3),
)


@pytest.mark.parametrize("name", CONTENDERS)
def test_a_contender_carries_messages_between_two_processes(name: str) -> None:
    figures = pair(name, FEW)
    assert figures.keys() == {workload.name for workload in FEW}
    assert all(figure > 0 for figure in figures.values())
