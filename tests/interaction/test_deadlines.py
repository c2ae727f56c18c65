"""Synchronous sessions: every round has a deadline, and missing it is not fatal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywire.errors import PeerLeft, RoundTimeout
from tests.interaction.scenes import Clock, opened, settled, tasks

if TYPE_CHECKING:
    from tests.interaction.venues import Venue


async def test_a_parked_receive_ends_at_the_deadline(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, round_timeout=0.05) as (p1, _):
        with pytest.raises(RoundTimeout):
            await p1.receive("p2")


async def test_the_timeout_names_session_round_party_and_link(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, 0xFACE, round_timeout=0.05) as (p1, _):
        p1.next_round()
        p1.next_round(timeout=0)
        with pytest.raises(RoundTimeout) as caught:
            await p1.receive("p2")
        error = caught.value
        assert (error.session, error.slot, error.party) == (0xFACE, 2, "p2")
        assert f"{0xFACE:032x}" in str(error)
        assert "for p2, round 2" in str(error)
        assert "connected; last heard" in str(error)


async def test_a_timeout_concerns_one_receive_and_the_session_goes_on(venue: Venue) -> None:
    clock = Clock()
    async with (
        venue.network(3, surroundings=clock.surroundings) as nodes,
        opened(nodes, round_timeout=10) as (p1, p2, p3),
        tasks() as beside,
    ):
        late = beside.start(p1.receive, "p2")
        await beside.parked(p1)
        await p3.send("p1", b"in time")
        assert await p1.receive("p3") == b"in time"
        await clock.advance(11, nodes["p1"])
        await late.error(RoundTimeout)
        await p2.send("p1", b"late")
        await p2.flush()
        assert await p1.receive("p2") == b"late"


async def test_the_clock_starts_at_the_first_call(venue: Venue) -> None:
    clock = Clock()
    async with (
        venue.network(2, surroundings=clock.surroundings) as nodes,
        opened(nodes, round_timeout=10) as (p1, p2),
        tasks() as beside,
    ):
        clock.now += 50
        waiting = beside.start(p2.receive, "p1")
        await beside.parked(p2)
        clock.now += 9
        await p1.send("p2", b"in time")
        assert await waiting.result() == b"in time"


async def test_unspent_time_carries_over(venue: Venue) -> None:
    clock = Clock()
    async with (
        venue.network(2, surroundings=clock.surroundings) as nodes,
        opened(nodes, round_timeout=10) as (p1, p2),
        tasks() as beside,
    ):
        await p2.send("p1", b"starts the clock")
        clock.now += 2
        p2.next_round()
        clock.now += 17
        waiting = beside.start(p2.receive, "p1")
        await beside.parked(p2)
        await settled()
        assert not waiting.done
        p1.next_round()
        await p1.send("p2", b"19 seconds after the start")
        assert await waiting.result() == b"19 seconds after the start"
        p2.next_round()
        await clock.advance(12, nodes["p2"])
        with pytest.raises(RoundTimeout):
            await p2.receive("p1")


async def test_the_next_round_can_have_its_own_timeout(venue: Venue) -> None:
    clock = Clock()
    async with (
        venue.network(2, surroundings=clock.surroundings) as nodes,
        opened(nodes, round_timeout=10) as (p1, p2),
        tasks() as beside,
    ):
        p2.next_round(timeout=100)
        clock.now += 109
        waiting = beside.start(p2.receive, "p1")
        await beside.parked(p2)
        p1.next_round()
        await p1.send("p2", b"in time")
        assert await waiting.result() == b"in time"
        p2.next_round(timeout=1)
        await clock.advance(3, nodes["p2"])
        with pytest.raises(RoundTimeout):
            await p2.receive("p1")


async def test_what_is_there_is_read_after_the_deadline_too(venue: Venue) -> None:
    clock = Clock()
    async with (
        venue.network(2, surroundings=clock.surroundings) as nodes,
        opened(nodes, round_timeout=10) as (p1, p2),
    ):
        await p1.send("p2", b"held")
        await p1.flush()
        p2.next_round(timeout=0)
        p1.next_round()
        await p1.send("p2", b"held too")
        await p1.flush()
        clock.now += 1_000
        assert await p2.receive("p1") == b"held too"


async def test_send_obeys_the_deadline_and_gives_the_round_back(venue: Venue) -> None:
    clock = Clock()
    limits = {"mailbox_messages": 1}
    async with venue.network(2, surroundings=clock.surroundings, limits=limits) as nodes:
        async with nodes["p1"].session(1, round_timeout=10) as p1:
            await p1.send("p2", b"fills the outbox")
            p1.next_round()
            clock.now += 21
            with pytest.raises(RoundTimeout, match="for p2, round 1"):
                await p1.send("p2", b"no room until the deadline")
            async with nodes["p2"].session(1, round_timeout=10) as p2:
                await p1.flush()
                await p1.send("p2", b"now there is")
                assert await p2.receive("p1") == b"fills the outbox"
                p2.next_round()
                assert await p2.receive("p1") == b"now there is"


async def test_a_synchronous_receive_ends_with_the_peer_and_not_only_by_time(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1) as p1:
        async with nodes["p2"].session(1):
            pass
        with pytest.raises(PeerLeft):
            await p1.receive("p2")
