"""What becomes of a process that does not do what a hospital does. The processes are real."""

from __future__ import annotations

import sys
from io import StringIO
from typing import TYPE_CHECKING

import anyio
import pytest
from rich.console import Console

from partywire_cli.demo import launching
from partywire_cli.demo.endings import MalformedReport, NoReport
from partywire_cli.demo.hearing import Hearing, kill_at
from partywire_cli.demo.hospitals import JointFit
from partywire_cli.demo.launching import HospitalProcess, launched
from partywire_cli.demo.regression import Ridge
from partywire_cli.demo.reports import Failed, Opened, Progress, Report, Taken, encode
from partywire_cli.demo.traffic import Seen, Traffic
from partywire_cli.demo.watching import Watching

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire_cli.demo.records import Record

HOSPITALS = ("north", "south", "east", "west")
SLEEPS = "import time; time.sleep(1000)"
WAITED = {"south": 0.0, "east": 0.0, "west": 0.0}
SECONDS = 30


@pytest.fixture
def joint() -> JointFit:
    watching = Watching(HOSPITALS, Console(file=StringIO()))
    nothing: list[Record] = []
    return JointFit(dict.fromkeys(HOSPITALS, nothing), Ridge(1, len(HOSPITALS)), watching)


def saying(*reports: Report, then: str = SLEEPS) -> str:
    """A program that tells these, and goes on."""
    told = b"".join(map(encode, reports))
    return f"import os; os.write(1, {told!r}); {then}"


async def north(code: str) -> AsyncIterator[HospitalProcess]:
    with anyio.fail_after(SECONDS):
        async with launched({"north": [sys.executable, "-c", code]}) as hospitals:
            yield hospitals["north"]


def progress(begun: int, waits_for: tuple[str, ...] = ()) -> Progress:
    return Progress(begun, Seen(0, waits_for, Traffic(0, 0, 0, 0, WAITED)))


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("print('garbage', flush=True); " + SLEEPS, "not JSON"),
        ("print('x' * (1 << 19), flush=True); " + SLEEPS, "over 262144 bytes"),
        (saying(Opened()), "fits nothing"),
        (saying(progress(2)), "leaves out a round"),
        (saying(progress(0, ("mallory",))), "others than there are"),
    ],
)
async def test_garbage_ends_its_process_and_is_named(
    joint: JointFit, code: str, problem: str
) -> None:
    async for hospital in north(code):
        await Hearing(joint, {}).hear(hospital)
    failure = joint.failures["north"]
    assert isinstance(failure, MalformedReport)
    assert str(failure).startswith("the process of north wrote what is no report: ")
    assert problem in str(failure)
    assert "garbage" not in str(failure)
    assert joint.watching.seats["north"].doing == "failed"


async def test_one_that_says_nothing_is_ended(
    joint: JointFit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "SILENCE", 0.01)
    async for hospital in north(SLEEPS):
        await Hearing(joint, {}).hear(hospital)
    assert isinstance(joint.failures["north"], NoReport)
    assert "said nothing for 0.01 s" in str(joint.failures["north"])


async def test_one_that_ends_without_a_word_has_failed(joint: JointFit) -> None:
    async for hospital in north("raise SystemExit(3)"):
        await Hearing(joint, {}).hear(hospital)
    assert str(joint.failures["north"]) == (
        "the process of north ended with exit code 3 and no result"
    )


async def test_one_that_is_killed_has_crashed(joint: JointFit) -> None:
    hearing = Hearing(joint, {})
    async for hospital in north(saying(progress(0), progress(1))):
        async with anyio.create_task_group() as group:
            group.start_soon(kill_at, hospital, 0.001)
            await hearing.hear(hospital)
    assert hearing.dropped == ["north"]
    assert not joint.failures
    assert joint.watching.seats["north"].doing == "crashed"


async def test_one_is_killed_as_it_enters_its_round(joint: JointFit) -> None:
    hearing = Hearing(joint, {"north": 2})
    async for hospital in north(saying(progress(0), progress(1), progress(2))):
        await hearing.hear(hospital)
    assert hearing.dropped == ["north"]
    assert joint.watching.seats["north"].begun == 2


async def test_a_part_that_ends_early_says_where_and_how_escaped(joint: JointFit) -> None:
    said = Failed(3, "PeerUnreachable", "south is\x1b[2J gone")
    async for hospital in north(saying(said, then="")):
        await Hearing(joint, {}).hear(hospital)
    assert str(joint.failures["north"]) == (
        "in round 3 (multiply on shares): PeerUnreachable: south is\\x1b[2J gone"
    )


@pytest.mark.parametrize(
    ("code", "taken", "failure"),
    [
        (saying(Opened()), "", ""),
        (saying(Taken("somebody is there")), "somebody is there", ""),
        (saying(Failed(0, "ConfigInvalid", "no")), "", "before the first round: ConfigInvalid: no"),
        (saying(progress(1)), "", "the process of north began too early"),
        ("pass", "", "the process of north ended before its node was open"),
        ("print(1)", "", "the process of north wrote what is no report: it is of no kind"),
    ],
)
async def test_a_node_opens_or_it_is_said_why_not(
    joint: JointFit, code: str, taken: str, failure: str
) -> None:
    async for hospital in north(code):
        assert await Hearing(joint, {}).opening(hospital) == taken
    assert [str(each) for each in joint.failures.values()] == ([failure] if failure else [])


async def test_what_is_written_to_standard_error_comes_in_pieces_that_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launching, "MOST_BYTES", 4)
    async for hospital in north("import os; os.write(2, b'ab\\nabcdefghi')"):
        words = []
        while (word := await hospital.word()) is not None:
            words.append(word)
    assert words[0] == b"ab"
    assert b"".join(words[1:]) == b"abcdefghi"
