"""All hospitals in one process: results, failures, and what is shown meanwhile."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from partywire.errors import PeerAborted
from partywire_cli.demo.hospitals import HospitalsFailed, JointFit, run_hospitals
from partywire_cli.demo.protocol import Step
from partywire_cli.demo.records import Record, deal, load
from partywire_cli.demo.regression import Ridge, TooManyRecords
from partywire_cli.demo.watching import Watching

HOSPITALS = ("north", "south", "east", "west")
FEATURES = 6
RIDGE = Ridge(FEATURES, hospitals=len(HOSPITALS))


@pytest.fixture(scope="module")
def records() -> dict[str, list[Record]]:
    """All of the patients and a few of their measurements, which are quick to compute with."""
    short = [Record(record.features[:FEATURES], record.label) for record in load()]
    return deal(short, HOSPITALS)


async def test_the_hospitals_find_what_a_plain_computation_finds(
    records: dict[str, list[Record]],
) -> None:
    output = StringIO()
    watching = Watching(HOSPITALS, Console(file=output))
    results = (await run_hospitals(JointFit(records, RIDGE, watching))).results
    plain = RIDGE.fit([record for own in records.values() for record in own])
    assert list(results) == list(HOSPITALS)
    assert all(result.coefficients == plain for result in results.values())
    lines = output.getvalue().splitlines()
    assert [line.partition(". ")[0] for line in lines] == [
        f"round {number} of 9: {step.value}" for number, step in enumerate(Step, start=1)
    ]
    messages = [int(re.findall(r"(\d+) messages", line)[0]) for line in lines]
    assert messages == [12 * number for number in range(1, 10)]


async def test_a_terminal_sees_a_table(records: dict[str, list[Record]]) -> None:
    few = {name: own[:2] for name, own in records.items()}
    output = StringIO()
    console = Console(file=output, force_terminal=True, width=140)
    watching = Watching(HOSPITALS, console)
    await run_hospitals(JointFit(few, RIDGE, watching))
    shown = output.getvalue()
    assert "9/9" in shown
    assert "round 1 of 9" not in shown
    assert [seat.doing for seat in watching.seats.values()] == ["done"] * 4
    assert [seat.now.messages_received for seat in watching.seats.values()] == [27] * 4


async def test_without_the_one_that_fails_the_others_go_on_and_its_end_is_told(
    records: dict[str, list[Record]],
) -> None:
    joint = greedy(records)
    with pytest.raises(HospitalsFailed) as caught:
        await run_hospitals(joint)
    assert str(caught.value).splitlines() == [
        "the computation failed",
        "  east: TooManyRecords: 3 records, agreed were 2",
    ]
    left = ("north", "south", "west")
    assert {result.fitted for result in joint.results.values()} == {left}
    assert sorted(joint.results) == list(left)
    assert [seat.doing for seat in joint.watching.seats.values()] == [
        "done",
        "done",
        "failed",
        "done",
    ]


async def test_one_for_all_ends_all_and_every_end_is_told(
    records: dict[str, list[Record]],
) -> None:
    joint = greedy(records)
    joint.on_peer_failure = "session"
    with pytest.raises(HospitalsFailed) as caught:
        await run_hospitals(joint)
    kinds = {name: type(failure) for name, failure in caught.value.failures.items()}
    assert kinds == {**dict.fromkeys(HOSPITALS, PeerAborted), "east": TooManyRecords}
    assert str(caught.value).count("PeerAborted: session ") == 3
    assert [seat.doing for seat in joint.watching.seats.values()] == ["failed"] * 4


def greedy(records: dict[str, list[Record]]) -> JointFit:
    """East has more records than was agreed on."""
    few = {name: own[: 3 if name == "east" else 2] for name, own in records.items()}
    ridge = Ridge(FEATURES, len(HOSPITALS), most_records=2)
    return JointFit(few, ridge, Watching(HOSPITALS, Console(file=StringIO())))
