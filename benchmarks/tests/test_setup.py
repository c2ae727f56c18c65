"""Each kind of connection comes about, and is of the level that its name says; nothing is timed."""

from __future__ import annotations

import pytest

from benchmarks.setup import running
from benchmarks.setup.running import KINDS, PLAIN, Measured, connections, tables


@pytest.mark.parametrize("level", KINDS.values())
def test_a_connection_is_of_its_level(level: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "FIRST", 0)
    found = connections(level, 1)
    assert found.level == level
    assert min(found.milliseconds) > 0


def test_ratios_are_those_within_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1.0, 3.0, 5.0, 2.0, 8.0, 20.0])
    monkeypatch.setattr(running, "connections", lambda level, _: measured(next(times), level))
    lasted, worked = tables(2)
    plain, certificate, bound = lasted.figures
    assert (plain.name, plain.ratio) == (PLAIN, 1)
    assert (certificate.ratio, bound.ratio) == (3.5, 7.5)
    assert certificate.values == (3.0, 8.0)
    assert [each.values for each in worked.figures] == [(7.0, 7.0)] * 3


def measured(milliseconds: float, level: str | None) -> Measured:
    return Measured((milliseconds, 7.0), level)
