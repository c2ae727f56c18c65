"""The log tells of everybody who is refused, and nobody fills it."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise

import pytest

from partywire.identity import Evidence
from partywire.judge import UnsafeClaims
from partywire.testing import samples
from partywire.testing.door import Door as Inbox
from partywire_grpc.bridge import Bridge
from partywire_grpc.frames import encode_batch_frame
from partywire_grpc.refusals import LONGEST, MOST, PAUSE, Refusals
from partywire_grpc.stream import Stream
from partywire_grpc.visit import Visit

from .wires import PATIENCE, post

HOURS = 3 * 3600
RETRIES = 0.75
"""Seconds between two tries of a peer."""


class Watch:
    """Refusals at a time that the test sets, and what is said of them."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.now = 1_000.0
        self._caplog = caplog
        self.refusals = Refusals(lambda: self.now)

    def refuse(self, who: str, times: int = 1) -> list[str]:
        """Refuse somebody at this moment, and return what was said of it."""
        self._caplog.clear()
        for _ in range(times):
            self.refusals.warn(who, f"refused {who}")
        assert all(record.levelname == "WARNING" for record in self._caplog.records)
        return list(self._caplog.messages)


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture) -> Watch:
    return Watch(caplog)


def test_the_first_is_said_at_once_and_the_others_are_counted(watch: Watch) -> None:
    assert watch.refuse("bob", 3) == ["refused bob"]
    watch.now += PAUSE / 2
    assert watch.refuse("bob") == []
    watch.now += PAUSE / 2
    assert watch.refuse("bob") == ["refused bob (and 3 more before)"]
    watch.now += 2 * PAUSE
    assert watch.refuse("bob") == ["refused bob"]


def test_who_goes_on_for_hours_is_told_of_each_minute_and_none_is_left_out(watch: Watch) -> None:
    lines = [(watch.now, line) for line in watch.refuse("bob")]
    tries = int(HOURS / RETRIES)
    for _ in range(tries):
        watch.now += RETRIES
        lines += [(watch.now, line) for line in watch.refuse("bob")]
    pauses = [later - before for (before, _), (later, _) in pairwise(lines)]
    assert pauses[:7] == sorted(pauses[:7])
    assert all(LONGEST <= pause < LONGEST + RETRIES for pause in pauses[7:])
    assert len(lines) <= HOURS / LONGEST + 8
    unsaid = sum(int(found[1]) for _, line in lines if (found := re.search(r"and (\d+)", line)))
    assert tries + 1 - LONGEST / RETRIES <= len(lines) + unsaid <= tries + 1


def test_one_that_goes_on_hides_no_other(watch: Watch) -> None:
    for _ in range(100):
        watch.now += RETRIES
        watch.refuse("bob")
    assert watch.refuse("carol") == ["refused carol"]


def test_who_rests_for_a_while_begins_anew(watch: Watch) -> None:
    for _ in range(20):
        watch.refuse("bob")
        watch.now += LONGEST
    watch.now += LONGEST
    assert watch.refuse("bob") == ["refused bob"]
    watch.now += PAUSE
    assert watch.refuse("bob") == ["refused bob"]


def test_who_invents_names_shares_one_line_with_all_who_do(watch: Watch) -> None:
    said = [line for number in range(10 * MOST) for line in watch.refuse(f"name-{number}")]
    assert len(said) == MOST + 1
    assert len(watch.refusals._paces) == MOST + 1
    watch.now += PAUSE
    assert watch.refuse("carol") == [f"refused carol (and {9 * MOST - 1} more before)"]
    watch.now += 2 * LONGEST
    assert watch.refuse("carol") == ["refused carol"]
    assert len(watch.refusals._paces) == 1


async def test_a_visit_that_is_ended_for_a_fault_is_told_of_as_a_refusal(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    """By the same measure: a peer that comes back with the same fault is told of now and then."""
    inbox = Inbox({"bob"}, [UnsafeClaims()])
    inbox.rejected.add(7)
    arrive = partial(inbox.arrive, Evidence("bob", "here"))

    def visits(frame: bytes) -> None:
        stream = Stream(post, PATIENCE)
        visit = Visit(
            arrive,
            Bridge(post, post),
            stream,
            shown=b"",
            pace=0.0,
            welcomed=lambda _: None,
            admit=refuse,
            refusals=watch.refusals,
        )
        visit.came(frame)
        visit.came(frame)
        assert stream.ending is not None

    for _ in range(3):
        visits(encode_batch_frame(samples.numbered(7)))
    watch.now += PAUSE
    visits(b"\xff")
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    rejected, malformed = caplog.messages
    assert rejected.startswith("ended a connection of bob: ")
    assert malformed.startswith("ended a connection of bob: malformed ")
    assert malformed.endswith(" (and 2 more before)")


async def refuse(_party: str, _certificate: bytes) -> bool:
    return False
