"""The courier: when a connection is not worth keeping, and what that costs."""

from __future__ import annotations

import logging
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import anyio
import pytest
from anyio.lowlevel import checkpoint

from core.tests.delivery.support.making import Clock
from core.tests.node.stage import Bob, Connection, stage
from partywire.delivery.backoff import Backoff
from partywire.delivery.hello import NONCE
from partywire.delivery.records import Receipt
from partywire.errors import FlushTimeout, NotReady, PeerRestarted, PeerUnreachable
from partywire.node import missing
from tests.interaction.scenes import tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.tests.node.stage import Stage


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "partywire"):
        yield caplog


def payloads(connection: Connection) -> list[bytes]:
    return [
        bytes(record.data)
        for batch, _ in connection.taken
        for segment in batch.segments
        for record in segment.records
    ]


def carried(there: Stage) -> list[Connection]:
    """The connections that got a message: on a busy machine a hello too may be late."""
    return [connection for connection in there.bob.connections if payloads(connection)]


async def test_what_is_not_answered_in_time_is_sent_again_on_a_new_connection(
    log: pytest.LogCaptureFixture,
) -> None:
    async with stage(deliver_timeout="200ms") as there, there.alice.session(1) as session:
        await there.alice.ready(peers=[], timeout=1)
        await session.send("bob", b"unanswered")
        await there.until(lambda: len(carried(there)) > 1)
        first, *_, last = carried(there)
        assert payloads(first) == payloads(last) == [b"unanswered"]
        assert first.closed
        assert "bob: has answered nothing for 0 s" in log.text


async def test_an_answer_that_comes_after_the_connection_broke_changes_nothing() -> None:
    async with stage(deliver_timeout="200ms") as there, there.alice.session(1) as session:
        await session.send("bob", b"unanswered")
        await there.until(lambda: len(carried(there)) > 1)
        carried(there)[0].answer_all()
        assert session.counters["bob"].retries > 0
        with pytest.raises(FlushTimeout):
            await session.flush(timeout=0)
        async with tasks() as beside:
            flushing = beside.start(session.flush)
            while not flushing.done:
                there.bob.line.answer_all()
                await checkpoint()
        for _ in range(20):
            await checkpoint()
        assert not there.bob.line.closed


async def test_an_answer_that_comes_twice_ends_the_connection(
    log: pytest.LogCaptureFixture,
) -> None:
    async with stage(retry_first="1h", retry_longest="1h") as there:
        async with there.alice.session(1) as session:
            bob = there.bob
            await session.send("bob", b"once")
            await there.until(lambda: bool(bob.connections) and bool(payloads(bob.line)))
            for place in range(len(bob.line.taken)):
                bob.line.answer(place)
            bob.line.answer(len(bob.line.taken) - 1)
            await there.until(lambda: bob.line.closed)
            assert "bob: malformed receipt: not for the oldest batch" in log.text
            assert session.counters["bob"].retries == 0


async def test_a_batch_that_is_not_taken_in_time_ends_the_connection(
    log: pytest.LogCaptureFixture,
) -> None:
    bob = Bob()
    bob.may_deliver = anyio.Event()
    async with stage(bob, deliver_timeout="200ms") as there, there.alice.session(1) as session:
        await session.send("bob", b"waits")
        await there.until(lambda: "bob: took no batch for 0 s" in log.text)
        assert bob.connections[0].closed
        bob.may_deliver.set()
        await there.until(lambda: payloads(bob.line) == [b"waits"])


async def test_one_that_is_connected_and_silent_is_not_given_up(
    log: pytest.LogCaptureFixture,
) -> None:
    bob = Bob()
    bob.may_greet = anyio.Event()
    limits = {"deliver_timeout": "200ms", "give_up": "20ms", "retry_first": "60ms"}
    async with stage(bob, **limits) as there, there.alice.session(1) as session:
        await there.until(lambda: len(bob.connections) > 3)
        assert "bob: no hello within 0 s" in log.text
        bob.may_greet.set()
        await session.send("bob", b"still possible")
        await there.until(lambda: payloads(bob.line) == [b"still possible"])


async def test_one_that_cannot_be_reached_is_given_up() -> None:
    bob = Bob()
    bob.reachable = False
    async with stage(bob, give_up="20ms") as there, there.alice.session(1) as session:
        with pytest.raises(PeerUnreachable, match="nobody is there"):
            await session.receive("bob")


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


async def test_ready_means_that_the_peer_is_connected_to_us_now() -> None:
    async with stage() as there:
        guests = [await there.bob.calls(), await there.bob.calls()]
        await there.alice.ready(timeout=5)
        guests.pop().leave()
        await there.alice.ready(timeout=5)
        guests.pop().leave()
        with pytest.raises(NotReady, match="not ready: bob: it has not connected to us"):
            await there.alice.ready(timeout=0.01)


async def test_one_that_answers_and_never_connects_to_us_is_given_up() -> None:
    async with stage(give_up="20ms") as there, there.alice.session(1) as session:
        with pytest.raises(PeerUnreachable, match="it has not connected to us"):
            await session.receive("bob")


async def test_a_new_life_that_greets_us_ends_the_connection_to_the_old_one() -> None:
    async with stage() as there, there.alice.session(1) as session:
        bob = there.bob
        await session.send("bob", b"for the old life")
        await there.until(lambda: bool(bob.connections) and bool(payloads(bob.line)))
        for place in range(len(bob.line.taken)):
            bob.line.answer(place)
        await session.flush(timeout=5)
        bob.life = b"c" * NONCE
        await bob.calls()
        with pytest.raises(PeerRestarted):
            await session.receive("bob")
        await there.until(lambda: len(bob.connections) == 2 and bob.line.hellos == 2)
        assert bob.connections[0].closed


async def test_an_identity_that_ran_out_gets_no_further_batch(
    log: pytest.LogCaptureFixture,
) -> None:
    """The wall clock jumps; the timer that would have ended the connection has not rung."""
    bob = Bob()
    bob.valid_until = bob.wall + 10_000.0
    async with stage(bob, retry_first="1h", retry_longest="1h") as there:
        async with there.alice.session(1) as session:
            await there.until(lambda: bool(bob.connections) and bool(bob.line.taken))
            bob.wall = bob.valid_until
            await session.send("bob", b"a share")
            await there.until(lambda: bob.line.closed)
            assert payloads(bob.line) == []
            assert "bob: its identity is out of date" in log.text


async def test_a_connection_that_is_silent_ends_with_its_identity(
    log: pytest.LogCaptureFixture,
) -> None:
    """In both directions, each by itself."""
    bob, clock = Bob(), [0.0]
    bob.now = lambda: clock[0]
    bob.valid_until = bob.wall + 20.0
    async with stage(bob, retry_first="1h", retry_longest="1h") as there:
        await bob.calls()
        await there.alice.ready()
        clock[0], bob.wall = 20.0, bob.valid_until
        there.alice._engine._table.agenda.soon(lambda: None)
        await there.until(lambda: bob.line.closed and bool(bob.dismissed))
        assert [str(each) for each in bob.dismissed] == ["bob: its identity is out of date"]
        assert log.text.count("ended a connection of bob: its identity is out of date") == 1
        with pytest.raises(NotReady, match=r"out of date.*has not connected to us"):
            await there.alice.ready(timeout=0)


async def test_a_connection_to_somebody_else_gets_not_even_a_hello(
    log: pytest.LogCaptureFixture,
) -> None:
    bob = Bob()
    bob.named = "carol"
    async with stage(bob, retry_first="1h", retry_longest="1h") as there:
        with pytest.raises(NotReady):
            await there.alice.ready(timeout=0)
        await there.until(lambda: bool(bob.connections) and bob.line.closed)
        assert bob.line.hellos == 0
        assert "connected to another party" in log.text


async def test_messages_handed_over_directly_and_in_batches_keep_their_order() -> None:
    async with stage() as there, there.alice.session(1, labels=True) as session:
        bob = there.bob
        await there.until(lambda: bool(bob.connections) and bool(bob.line.taken))
        answered, sent = 0, 0
        for burst in range(1, 20):
            for _ in range(burst % 4 + 1):
                await session.send("bob", b"%d" % sent, label=7)
                sent += 1
            if burst % 3:
                await there.until(lambda: len(payloads(bob.line)) == sent)  # noqa: B023
            while answered < len(bob.line.taken):
                bob.line.answer(answered)
                answered += 1
        await there.until(lambda: len(payloads(bob.line)) == sent)
        assert payloads(bob.line) == [b"%d" % number for number in range(sent)]
        assert len(bob.line.taken) < sent


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
