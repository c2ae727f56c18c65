"""Each measure of attestation runs, and what it measures is what its name says."""

from __future__ import annotations

from benchmarks.attestation.running import MEASURES, WHOLE, measured


def test_each_measure_is_taken_in_each_run() -> None:
    figures = measured(2, turns=1)
    assert [figure.name for figure in figures] == list(MEASURES)
    assert all(len(figure.values) == 2 and min(figure.values) > 0 for figure in figures)
    assert figures[0].name == WHOLE
    assert figures[0].ratio == 1
