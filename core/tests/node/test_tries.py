"""The pauses between two tries to connect, and what is said of a peer out of reach."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import pytest
from anyio.lowlevel import checkpoint

from core.tests.delivery.support.making import Clock
from core.tests.node.stage import Bob, stage
from partywire.delivery.backoff import Backoff
from partywire.delivery.records import Receipt
from partywire.errors import NotReady
from partywire.node import missing

if TYPE_CHECKING:
    from core.tests.node.stage import Stage


async def test_a_peer_that_greets_us_ends_the_pause_between_two_tries(
    log: pytest.LogCaptureFixture,
) -> None:
    bob = Bob()
    bob.reachable = False
    async with stage(bob, retry_first="1h", retry_longest="1h") as there:
        with pytest.raises(NotReady):
            await there.alice.ready(timeout=0)
        await there.until(lambda: "nobody is there" in log.text)
        bob.reachable = True
        await bob.calls()
        await there.alice.ready(timeout=5)
        assert bob.tries == 2


class Watched(Backoff):
    """Notes the pauses, and makes none of them."""

    pauses: ClassVar[list[float]] = []

    def next(self) -> float:
        self.pauses.append(super().next())
        return 0.0


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    Watched.pauses.clear()
    monkeypatch.setattr("partywire.node.courier.Backoff", Watched)
    return Watched.pauses


async def breaks_it_again_and_again(there: Stage, times: int) -> None:
    """Bob takes each connection, goes through its hello, and answers its first batch with lies."""
    bob = there.bob
    await there.until(lambda: bool(bob.connections))
    while len(bob.connections) < times or not bob.line.closed:
        await there.until(lambda: not bob.line.closed and bool(bob.line.taken))
        _, answered = bob.line.taken[0]
        answered(Receipt([], [], stale=True))
        await there.until(lambda: bob.line.closed)


async def test_one_that_greets_and_then_breaks_the_connection_is_tried_less_and_less(
    pauses: list[float], log: pytest.LogCaptureFixture
) -> None:
    limits = {"retry_first": "1ms", "retry_factor": 2.0, "retry_longest": "5s"}
    async with stage(None, **limits) as there, there.alice.session(1):
        await breaks_it_again_and_again(there, 12)
        assert all(after > 1.5 * before for before, after in pairwise(pauses[:12]))
    said = [record for record in log.records if "malformed receipt" in record.getMessage()]
    assert len(said) <= len(there.bob.connections)


async def test_a_connection_that_lasted_starts_the_pauses_anew(pauses: list[float]) -> None:
    bob, clock = Bob(), Clock()
    bob.now = clock
    async with stage(bob, retry_first="1ms", retry_factor=2.0) as there, there.alice.session(1):
        await breaks_it_again_and_again(there, 5)
        await there.until(lambda: len(bob.connections) == 6 and bool(bob.line.taken))
        clock.now = 10.0
        await breaks_it_again_and_again(there, 6)
        assert pauses[4] > 0.01 > pauses[5]


async def test_one_that_greets_us_without_end_does_not_set_the_pace(
    log: pytest.LogCaptureFixture,
) -> None:
    bob = Bob()
    bob.reachable = False
    async with stage(bob, retry_first="1h", retry_longest="1h") as there:
        with pytest.raises(NotReady):
            await there.alice.ready(timeout=0)
        await there.until(lambda: "nobody is there" in log.text)
        with pytest.raises(NotReady, match="nobody is there"):
            await there.alice.ready(timeout=0)
        for _ in range(20):
            await bob.calls()
            for _ in range(20):
                await checkpoint()
        assert bob.tries == 2
        assert log.text.count("nobody is there") == 1


async def test_one_that_is_missed_for_a_while_is_told_once_and_when_it_is_back(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing, "PATIENCE", 0.02)
    bob = Bob()
    bob.reachable = False
    async with stage(bob, retry_longest="2ms") as there:
        with pytest.raises(NotReady, match=r"bob: we do not reach it \([^:]*\), and"):
            await there.alice.ready(timeout=0)
        told = partial(_about_reach, caplog)
        await there.until(lambda: bool(told()))
        tries = bob.tries
        await there.until(lambda: bob.tries > tries + 5)
        bob.reachable = True
        await there.until(lambda: len(told()) > 1)
        assert told() == [
            "bob is out of reach for 0 s: nobody is there",
            "bob is within reach again",
        ]


def _about_reach(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if " reach" in record.message]
