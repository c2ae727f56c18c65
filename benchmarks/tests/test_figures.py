"""Figures as programs and as people read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, Table, as_json
from benchmarks.wire import running
from benchmarks.wire.contenders import OURS
from benchmarks.wire.workloads import WORKLOADS

if TYPE_CHECKING:
    import pytest


def test_a_goal_is_text_and_stands_beside_its_figure() -> None:
    table = Table("In memory", [Figure("round trip", "us", (3.0, 1.0, 2.0), "under 30")], "goal")
    assert "| round trip | 2.00 | 1.00 | 3.00 | us | under 30 |" in table.as_markdown()
    ((figure,),) = (each["figures"] for each in json.loads(as_json([table])))
    assert (figure["median"], figure["goal"], figure["ratio"]) == (2.0, "under 30", None)


def test_a_ratio_is_a_number_and_the_median_of_those_within_each_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {OURS: [10.0, 20.0, 40.0], "sockets": [30.0, 40.0, 20.0]}
    monkeypatch.setattr(
        running, "measured", lambda _: {workload.name: values for workload in WORKLOADS}
    )
    tables = running.tables(3)
    assert "| sockets | 30.00 | 20.00 | 40.00 | us | 2.00 |" in tables[0].as_markdown()
    for table in json.loads(as_json(tables)):
        assert [figure["ratio"] for figure in table["figures"]] == [1.0, 2.0]
