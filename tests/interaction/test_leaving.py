"""Leaving a session in good order, and what the others see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.errors import NodeClosed, PeerAborted, PeerLeft, SessionClosed, Undelivered
from tests.interaction.scenes import Clock, opened, settled, tasks, together
from tests.interaction.venues import node_of, patience

if TYPE_CHECKING:
    from tests.interaction.venues import Venue


async def test_a_peer_that_left_is_named_after_its_last_message(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p2"].session(1) as p2:
        async with nodes["p1"].session(1) as p1:
            await p1.send("p2", b"last")
        assert await p2.receive("p1") == b"last"
        p2.next_round()
        with pytest.raises(PeerLeft, match="p1 left the session") as caught:
            await p2.receive("p1")
        assert (caught.value.session, caught.value.party) == (1, "p1")


async def test_a_parked_receive_learns_that_its_peer_left(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p2"].session(1) as p2, tasks() as beside:
        async with nodes["p1"].session(1):
            waiting = beside.start(p2.receive, "p1")
            await beside.parked(p2)
        await waiting.error(PeerLeft)


async def test_what_passes_between_the_others_goes_on(venue: Venue) -> None:
    async with venue.network(3) as nodes:
        two = {party: nodes[party] for party in ("p2", "p3")}
        async with nodes["p1"].session(1):
            pass
        async with opened(two) as (p2, p3):
            with pytest.raises(PeerLeft):
                await p2.receive("p1")
            await p2.send("p3", b"still here")
            assert await p3.receive("p2") == b"still here"


async def test_a_party_that_opens_after_all_others_left_does_not_hang(venue: Venue) -> None:
    async with venue.network(3) as nodes:
        two = {party: nodes[party] for party in ("p1", "p2")}
        async with opened(two) as (p1, _p2):
            await p1.send("p3", b"for the late")
        await settled()
        async with nodes["p3"].session(1) as p3:
            assert await p3.receive("p1") == b"for the late"
            with pytest.raises(PeerLeft):
                await p3.receive("p2")
            p3.next_round()
            with pytest.raises(PeerLeft):
                await p3.receive("p1")


async def test_a_party_learns_of_a_session_that_was_forgotten_early(venue: Venue) -> None:
    """The cache of early sessions has no room to remember who left: the tombstone answers."""
    async with venue.network(2, limits={"early_sessions": 1}) as nodes:
        for session in range(3):
            async with nodes["p1"].session(session):
                pass
        await settled()
        for session in range(3):
            async with nodes["p2"].session(session) as p2:
                with pytest.raises(PeerLeft):
                    await p2.receive("p1")


async def test_messages_to_a_peer_that_left_are_counted_as_discarded(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1) as p1:
        async with nodes["p2"].session(1):
            pass
        with pytest.raises(PeerLeft):
            await p1.receive("p2")
        await p1.send("p2", b"nobody reads this")
        await p1.flush()
        counters = p1.counters["p2"]
        assert (counters.messages_sent, counters.discarded) == (1, 1)


async def test_a_session_that_was_left_delivers_to_a_peer_that_opens_later(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        async with nodes["p1"].session(1, labels=True) as p1:
            await p1.send("p2", b"x" * 3_000_000, label=1)
            await p1.send("p2", b"small", label=2)
        await settled()
        async with nodes["p2"].session(1, labels=True) as p2:
            assert await p2.receive("p1", label=2) == b"small"
            assert await p2.receive("p1", label=1) == b"x" * 3_000_000


async def test_leaving_does_not_wait_for_delivery(venue: Venue) -> None:
    async with venue.network(2, limits={"shutdown_grace": "10s"}) as nodes:
        async with nodes["p1"].session(1) as p1:
            await p1.send("p2", b"x" * 2_000_000)
        with pytest.raises(SessionClosed):
            await p1.receive("p2")
        async with nodes["p2"].session(1) as p2:
            assert len(await p2.receive("p1")) == 2_000_000


async def test_a_node_that_closes_says_what_lingering_could_not_deliver(venue: Venue) -> None:
    clock = Clock()
    configs = venue.configs(2)
    with patience():
        async with node_of(configs["p2"]) as other:
            with pytest.raises(Undelivered) as caught:
                async with node_of(configs["p1"], surroundings=clock.surroundings) as node:
                    await together(node.ready, other.ready)
                    async with node.session(0xBEE) as p1:
                        await p1.send("p2", b"nobody opens this")
                    await clock.advance(31, node)
        assert caught.value.left == [(0xBEE, "p2", 1)]
        assert f"1 messages of session {0xBEE:032x} to p2" in str(caught.value)


async def test_a_peer_that_opens_after_the_linger_is_told_that_messages_are_lost(
    venue: Venue,
) -> None:
    clock = Clock()
    configs = venue.configs(2)
    with patience():
        async with node_of(configs["p2"]) as other:
            with pytest.raises(Undelivered):
                async with node_of(configs["p1"], surroundings=clock.surroundings) as node:
                    await together(node.ready, other.ready)
                    async with node.session(1) as p1:
                        await p1.send("p2", b"x" * 2_000_000)
                    await clock.advance(31, node)
                    async with other.session(1) as p2:
                        with pytest.raises(PeerAborted, match="left with messages undelivered"):
                            await p2.receive("p1")


async def test_a_closing_node_delivers_within_its_grace(venue: Venue) -> None:
    configs = venue.configs(2, limits={"shutdown_grace": "10s"})
    with patience():
        async with node_of(configs["p2"]) as other, tasks() as beside:
            opening = anyio.Event()

            async def late() -> bytes:
                await opening.wait()
                async with other.session(1) as p2:
                    return await p2.receive("p1")

            reading = beside.start(late)
            async with node_of(configs["p1"]) as node:
                await together(node.ready, other.ready)
                async with node.session(1) as p1:
                    await p1.send("p2", b"x" * 2_000_000)
                await settled()
                opening.set()
            assert len(await reading.result()) == 2_000_000


async def test_closing_is_bounded_when_a_peer_never_opens(venue: Venue) -> None:
    configs = venue.configs(2, limits={"shutdown_grace": "50ms"})
    with patience(), pytest.raises(Undelivered):
        async with node_of(configs["p1"]) as node, node.session(1) as p1:
            await p1.send("p2", b"there is no p2")


async def test_closing_a_node_aborts_its_open_sessions(venue: Venue) -> None:
    configs = venue.configs(2)
    with patience():
        async with node_of(configs["p2"]) as other, other.session(1) as p2:
            async with node_of(configs["p1"]) as node:
                session = node.session(1)
                p1 = await session.__aenter__()
                await p1.send("p2", b"before")
                await p1.flush()
            assert await p2.receive("p1") == b"before"
            p2.next_round()
            with pytest.raises(PeerAborted, match="its node was closed"):
                await p2.receive("p1")
            for call in (p1.send("p2", b""), p1.receive("p2"), p1.gather(), p1.flush()):
                with pytest.raises(NodeClosed):
                    await call
            with pytest.raises(NodeClosed):
                async with node.session(2):
                    pass
