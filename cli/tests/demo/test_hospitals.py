"""All hospitals in one process: results, failures, and what is shown meanwhile."""

from __future__ import annotations

import re
import secrets
from io import StringIO
from random import Random

import pytest
from rich.console import Console

from partywire.errors import PeerAborted
from partywire_cli.demo.hospitals import HospitalsFailed, randomness, run_hospitals
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
    records: dict[str, list[Record]], seed: int
) -> None:
    output = StringIO()
    watching = Watching(HOSPITALS, Console(file=output))
    results = await run_hospitals(records, RIDGE, watching, seed)
    plain = RIDGE.fit([record for own in records.values() for record in own])
    assert list(results) == list(HOSPITALS)
    assert all(result.coefficients == plain for result in results.values())
    lines = output.getvalue().splitlines()
    assert [line.partition(". ")[0] for line in lines] == [
        f"round {number} of 6: {step.value}" for number, step in enumerate(Step, start=1)
    ]
    messages = [int(re.findall(r"(\d+) messages", line)[0]) for line in lines]
    assert messages == [12, 24, 36, 48, 60, 72]


async def test_a_terminal_sees_a_table(records: dict[str, list[Record]]) -> None:
    few = {name: own[:2] for name, own in records.items()}
    output = StringIO()
    console = Console(file=output, force_terminal=True, width=140)
    watching = Watching(HOSPITALS, console)
    await run_hospitals(few, RIDGE, watching, seed=None)
    shown = output.getvalue()
    assert "6/6" in shown
    assert "round 1 of 6" not in shown
    assert [seat.doing for seat in watching.seats.values()] == ["done"] * 4
    assert [seat.now.messages_received for seat in watching.seats.values()] == [18] * 4


async def test_one_that_fails_ends_all_and_every_end_is_told(
    records: dict[str, list[Record]],
) -> None:
    few = {name: own[: 3 if name == "east" else 2] for name, own in records.items()}
    watching = Watching(HOSPITALS, Console(file=StringIO()))
    ridge = Ridge(FEATURES, len(HOSPITALS), most_records=2)
    with pytest.raises(HospitalsFailed) as caught:
        await run_hospitals(few, ridge, watching, seed=None)
    kinds = {name: type(failure) for name, failure in caught.value.failures.items()}
    assert kinds == {**dict.fromkeys(HOSPITALS, PeerAborted), "east": TooManyRecords}
    assert "  east: TooManyRecords: 3 records, agreed were 2" in str(caught.value).splitlines()
    assert str(caught.value).count("PeerAborted: session ") == 3
    assert [seat.doing for seat in watching.seats.values()] == ["failed"] * 4


def test_randomness_comes_from_the_system_unless_a_seed_is_given() -> None:
    assert isinstance(randomness(None, "north"), secrets.SystemRandom)
    assert randomness(1, "north").random() == Random("1 north").random()
    assert randomness(1, "north").random() != randomness(1, "south").random()
