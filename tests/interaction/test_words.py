"""Who are we waiting for, for what, and since when; and what has passed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import attrs
import pytest

from partywire.errors import FlushTimeout, NotReady, PeerAborted
from tests.interaction.scenes import Clock, opened, settled, tasks, together, until
from tests.interaction.venues import patience

if TYPE_CHECKING:
    from partywire import Session
    from tests.interaction.venues import Venue


async def test_a_wait_says_who_what_since_when_and_how_the_link_is(venue: Venue) -> None:
    clock = Clock()
    async with (
        venue.network(3, surroundings=clock.surroundings) as nodes,
        opened(nodes, labels=True) as (p1, p2, _),
        tasks() as beside,
    ):
        assert p1.waiting() == ()
        p1.next_round()
        first = beside.start(p1.receive, "p3")
        await beside.parked(p1)
        await settled()
        clock.now += 4
        second = beside.start(_labelled, p1)
        await beside.parked(p1, 2)
        clock.now += 3
        shown = [str(wait) for wait in p1.waiting()]
        assert shown == [
            "p3: receive round 1 for 7.0 s (connected; last heard 7.0 s ago)",
            "p2: receive label 0x7a31 for 3.0 s (connected; last heard 7.0 s ago)",
        ]
        facts = [attrs.astuple(wait)[:5] for wait in p1.waiting()]
        assert facts == [("p3", "receive", 1, None, 7.0), ("p2", "receive", None, 0x7A31, 3.0)]
        await p2.send("p1", b"", label=0x7A31)
        await second.result()
        assert [wait.party for wait in p1.waiting()] == ["p3"]
        await first.cancel()
        assert p1.waiting() == ()
        assert p1.counters["p2"].time_waited == 3.0
        assert p1.counters["p3"].time_waited == 7.0


async def _labelled(session: Session) -> bytes:
    return await session.receive("p2", label=0x7A31)


async def test_a_send_that_waits_for_room_is_a_wait_too(venue: Venue) -> None:
    async with venue.network(2, limits={"mailbox_messages": 1}) as nodes, tasks() as beside:
        async with nodes["p1"].session(1) as p1:
            await p1.send("p2", b"fills the outbox")
            p1.next_round()
            sending = beside.start(p1.send, "p2", b"waits")
            await beside.parked(p1)
            wait = p1.waiting()[0]
            assert (wait.party, wait.doing, wait.round) == ("p2", "send", 1)
            async with nodes["p2"].session(1):
                await sending.result()


async def test_a_wait_says_what_is_in_the_way(venue: Venue) -> None:
    limits = {"mailbox_messages": 1, "peer_bytes": "2000B", "largest_message": "1800B"}
    async with venue.network(2, limits=limits) as nodes, tasks() as beside:
        async with nodes["p1"].session(1, labels=True) as p1:
            beside.start(p1.receive, "p2")
            beside.start(p1.flush)
            await p1.send("p2", b"x")
            p1.next_round()
            beside.start(p1.send, "p2", b"x")
            await beside.parked(p1, 3)
            why = "it has not opened the session"
            assert {(wait.doing, wait.why) for wait in p1.waiting()} == {
                ("receive", why),
                ("send", why),
                ("flush", why),
            }
            assert any(str(wait).startswith("p2: flush for 0.") for wait in p1.waiting())
            async with nodes["p2"].session(1, labels=True) as p2, nodes["p2"].session(2) as other:
                await other.send("p1", bytes(1_500))
                async with nodes["p1"].session(2):
                    await other.flush()
                    await p2.send("p1", bytes(600))
                    await until(lambda: "limits.peer_bytes is spent" in p1.waiting()[0].why)


async def test_gather_waits_for_each_by_name(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, p3), tasks() as beside:
        gathering = beside.start(p1.gather)
        await beside.parked(p1, 2)
        assert {wait.party for wait in p1.waiting()} == {"p2", "p3"}
        await p2.send("p1", b"")
        await p3.send("p1", b"")
        await gathering.result()
        assert p1.waiting() == ()


async def test_gather_no_longer_waits_for_those_who_have_answered_or_failed(venue: Venue) -> None:
    clock = Clock()
    async with (
        venue.network(4, surroundings=clock.surroundings) as nodes,
        opened(nodes) as (p1, p2, p3, p4),
        tasks() as beside,
    ):
        gathering = beside.start(partial(p1.gather, on_failure="collect"))
        await beside.parked(p1, 3)
        clock.now += 4
        await p2.send("p1", b"")
        await until(lambda: {wait.party for wait in p1.waiting()} == {"p3", "p4"})
        await settled()
        clock.now += 2
        await p3.__aexit__(None, None, None)
        await until(lambda: {wait.party for wait in p1.waiting()} == {"p4"})
        await settled()
        clock.now += 1
        await p4.send("p1", b"")
        assert sorted((await gathering.result()).failures) == ["p3"]
        waited = {party: counters.time_waited for party, counters in p1.counters.items()}
        assert waited == {"p2": 4.0, "p3": 6.0, "p4": 7.0}


async def test_counters_say_what_has_passed(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes, labels=True) as (p1, p2, _):
        await p2.send("p1", b"")
        await p1.receive("p2")  # after that p1 knows that p2 has opened, and sends nothing twice
        await p1.send("p2", b"12345")
        await p1.send("p2", b"678", label=1)
        assert await p2.receive("p1") == b"12345"
        here, there = p1.counters["p2"], p2.counters["p1"]
        assert (here.messages_sent, here.bytes_sent) == (2, 8)
        assert (there.messages_received, there.bytes_received) == (1, 5)
        assert (here.messages_received, there.messages_sent) == (1, 1)
        assert (there.duplicates, there.stale, here.discarded) == (0, 0, 0)
        assert p1.counters["p3"].messages_sent == 0


async def test_flush_returns_once_all_is_in_an_opened_mailbox(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1) as p1, tasks() as beside:
        await p1.flush()
        await p1.send("p2", b"cached over there")
        flushing = beside.start(p1.flush)
        await settled()
        assert not flushing.done
        async with nodes["p2"].session(1) as p2:
            await flushing.result()
            assert await p2.receive("p1") == b"cached over there"


async def test_flush_concerns_what_was_sent_before_it(venue: Venue) -> None:
    limits = {"look_ahead": 1}
    async with venue.network(2, limits=limits) as nodes, nodes["p1"].session(1) as p1:
        async with tasks() as beside:
            await p1.send("p2", b"0")
            flushing = beside.start(p1.flush)
            await settled()
            for number in range(1, 6):
                p1.next_round()
                await p1.send("p2", b"%d" % number)
            async with nodes["p2"].session(1) as p2:
                await flushing.result()
                with pytest.raises(FlushTimeout):
                    await p1.flush(timeout=0.01)
                for number in range(6):
                    assert await p2.receive("p1") == b"%d" % number
                    p2.next_round()


async def test_flush_gives_up_after_its_timeout_and_says_what_is_pending(venue: Venue) -> None:
    async with venue.network(3) as nodes, nodes["p1"].session(1, labels=True) as p1:
        for _ in range(2):
            await p1.send("p2", b"", label=1)
        with pytest.raises(FlushTimeout, match="messages not delivered yet: p2: 2") as caught:
            await p1.flush(timeout=0.01)
        assert caught.value.pending == {"p2": 2}
        async with nodes["p2"].session(1, labels=True):
            await p1.flush()


async def test_flush_counts_what_a_peer_did_not_want_as_discarded(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        async with nodes["p2"].session(1):
            pass
        async with nodes["p1"].session(1) as p1:
            await p1.send("p2", b"nobody reads this")
            await p1.flush()
            assert p1.counters["p2"].discarded == 1


async def test_flush_raises_the_first_failure(venue: Venue) -> None:
    async with venue.network(3) as nodes, nodes["p1"].session(1) as p1:
        await p1.send_to_all(b"")
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p3"].session(1):
                raise ValueError("broken")
        with pytest.raises(PeerAborted, match="p3"):
            await p1.flush()
        async with nodes["p2"].session(1):
            pass


async def test_ready_says_that_a_peer_was_not_reached(venue: Venue) -> None:
    configs = venue.configs(3)
    async with venue.unready({party: configs[party] for party in ("p1", "p2")}) as nodes:
        await together(
            *(
                lambda n=node, p=party: n.ready(peers={"p1", "p2"} - {p})
                for party, node in nodes.items()
            )
        )
        with pytest.raises(NotReady, match="not ready: p3: we do not reach it ") as caught:
            await nodes["p1"].ready(timeout=0.01)
        assert list(caught.value.missing) == ["p3"]


async def test_ready_returns_when_the_last_peer_comes(venue: Venue) -> None:
    configs = venue.configs(3)
    async with venue.unready({party: configs[party] for party in ("p1", "p2")}) as nodes:
        async with tasks() as beside:
            waiting = beside.start(nodes["p1"].ready)
            await settled()
            assert not waiting.done
            async with venue.unready({"p3": configs["p3"]}) as late:
                with patience():
                    await together(waiting.result, late["p3"].ready)
