"""What is seen of a hospital, from sessions that are only described."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, cast

import pytest
from rich.console import Console

from partywire_cli.demo.protocol import Step
from partywire_cli.demo.traffic import size
from partywire_cli.demo.watching import Watching

if TYPE_CHECKING:
    from partywire import Session


@dataclass
class Counted:
    messages_sent: int = 0
    bytes_sent: int = 0
    messages_received: int = 0
    bytes_received: int = 0
    time_waited: float = 0


@dataclass
class Wait:
    party: str


@dataclass
class Described:
    """A session as far as watching looks at it."""

    counters: dict[str, Counted]
    waits: list[Wait] = field(default_factory=list)
    round: int = 0

    @property
    def peers(self) -> tuple[str, ...]:
        return tuple(self.counters)

    def waiting(self) -> tuple[Wait, ...]:
        return tuple(self.waits)


def watch(*, terminal: bool) -> tuple[Watching, dict[str, Described], StringIO]:
    output, names = StringIO(), ("north", "south", "east")
    watching = Watching(names, Console(file=output, force_terminal=terminal, width=120))
    sessions = {
        name: Described({other: Counted() for other in names if other != name}) for name in names
    }
    for name, session in sessions.items():
        watching.begin(name, cast("Session", session))
    return watching, sessions, output


async def test_a_round_is_told_when_the_last_hospital_has_done_it() -> None:
    watching, sessions, output = watch(terminal=False)
    for name in sessions:
        await watching.step(name, Step.SHARE)
    sessions["north"].counters["east"].time_waited = 0.1
    sessions["south"].counters["east"].time_waited = 0.5
    sessions["east"].counters["north"].time_waited = 0.2
    for name, session in sessions.items():
        assert output.getvalue() == ""
        for peer in session.counters.values():
            peer.messages_received, peer.bytes_received = 1, 512
        await watching.step(name, Step.AGREE_ON_SUMS)
    assert output.getvalue() == (
        "round 1 of 9: share sums and masks. So far 6 messages, 3.0 KiB; "
        "the longest wait: south for east, 0.50 s\n"
    )


async def test_the_table_says_who_waits_for_whom() -> None:
    watching, sessions, output = watch(terminal=True)
    await watching.step("north", Step.SOLVE)
    sessions["north"].waits = [Wait("south"), Wait("east")]
    sessions["south"].waits = [Wait("east"), Wait("east")]
    watching.end("east")
    Console(file=output, width=80).print(watching.table())
    rows = [" ".join(line.split()) for line in output.getvalue().splitlines()[2:]]
    assert rows == [
        f"north 6/9 {Step.SOLVE.value} all others 0, 0 B 0, 0 B",
        "south 0/9 meet the others east 0, 0 B 0, 0 B",
        "east 0/9 meet the others 0, 0 B 0, 0 B",
    ]


@pytest.mark.parametrize("step", Step)
async def test_the_table_fits_a_terminal_of_80_columns(step: Step) -> None:
    watching, sessions, output = watch(terminal=True)
    for session in sessions.values():
        await watching.step("south", step)
        session.waits = [Wait("south"), Wait("east")]
        for peer in session.counters.values():
            peer.messages_sent = peer.messages_received = 9
            peer.bytes_sent = peer.bytes_received = 4 * 2**20
    Console(file=output, width=80).print(watching.table())
    assert output.getvalue().count("18, 8.0 MiB") == 2 * len(sessions)
    assert step.value in output.getvalue()


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (3 * 2**20, "3.0 MiB"),
        (2**41, "2048.0 GiB"),
    ],
)
def test_sizes_are_told_in_powers_of_1024(count: int, words: str) -> None:
    assert size(count) == words
