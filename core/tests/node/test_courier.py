"""The courier: when a connection is not worth keeping, and what that costs."""

from __future__ import annotations

import anyio
import pytest
from anyio.lowlevel import checkpoint

from core.tests.node.carrying import carried, payloads
from core.tests.node.stage import Bob, stage
from partywire.delivery.hello import NONCE
from partywire.errors import (
    FlushTimeout,
    NotReady,
    PeerRestarted,
    PeerUnreachable,
    Unreachable,
)
from tests.interaction.scenes import tasks


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


async def test_a_proof_ends_by_a_clock_that_cannot_be_set() -> None:
    """Whoever holds the wall clock lets it stand."""
    bob, clock = Bob(), [40.0]
    bob.now, bob.proves = (lambda: clock[0]), True
    async with stage(bob, proof_lifetime="60s", retry_first="1h", retry_longest="1h") as there:
        agenda = there.alice._engine._table.agenda
        async with there.alice.session(1) as session:
            await session.send("bob", b"in time")
            await there.until(lambda: bool(bob.connections) and payloads(bob.line) == [b"in time"])
            bob.line.answer_all()
            clock[0] = 99.0
            agenda.soon(lambda: None)
            session.next_round()
            await session.send("bob", b"in time, too")
            await there.until(lambda: payloads(bob.line)[1:] == [b"in time, too"])
            bob.line.answer_all()
            clock[0] = 100.0
            session.next_round()
            await session.send("bob", b"too late")
            await there.until(lambda: bob.line.closed)
            assert payloads(bob.line)[2:] == []


async def test_a_peer_with_another_roster_is_told_of_once_until_they_agree(
    log: pytest.LogCaptureFixture,
) -> None:
    """It says so and hangs up, again and again."""
    bob, words = Bob(), "bob has another roster"
    async with stage(bob, retry_longest="1ms") as there, there.alice.session(1):
        engine = there.alice._engine

        async def again(times: int) -> None:
            goal = bob.tries + times
            while bob.tries < goal:
                await there.until(lambda: engine._couriers["bob"].reached)
                engine._couriers["bob"].end(Unreachable("bob", "hangs up"))
                await there.until(lambda: not engine._couriers["bob"].reached)
                await there.until(lambda: engine._couriers["bob"].reached)

        await again(5)
        assert log.text.count(words) == 1
        bob.roster = engine._parts.introduction.roster()
        await again(2)
        bob.roster = b""
        await again(5)
        assert log.text.count(words) == 2


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
