"""Messages for a session that the receiver has not opened yet: late at worst, and never lost."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from tests.interaction.scenes import Clock, opened, settled, turns

if TYPE_CHECKING:
    from tests.interaction.venues import Venue


async def test_what_is_sent_before_the_peer_opens_arrives(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1, labels=True) as p1:
        await p1.send("p2", b"round")
        for number in range(3):
            await p1.send("p2", b"%d" % number, label=4)
        await settled()
        async with nodes["p2"].session(1, labels=True) as p2:
            assert await p2.receive("p1") == b"round"
            received = [await p2.receive("p1", label=4) for _ in range(3)]
            assert received == [b"0", b"1", b"2"]
            assert p2.counters["p1"].duplicates == 0


async def test_far_more_sessions_than_the_quota_simply_work(venue: Venue) -> None:
    async with venue.network(2, limits={"early_sessions": 5}) as nodes, AsyncExitStack() as stack:
        for number in range(40):
            p1 = await stack.enter_async_context(nodes["p1"].session(number))
            await p1.send("p2", b"%d" % number)
            if number % 7 == 0:
                await settled()
        for number in reversed(range(40)):
            p2 = await stack.enter_async_context(nodes["p2"].session(number))
            assert await p2.receive("p1") == b"%d" % number


async def test_sessions_over_the_quota_that_were_left_already_work_too(venue: Venue) -> None:
    async with venue.network(2, limits={"early_sessions": 5}) as nodes:
        for number in range(40):
            async with nodes["p1"].session(number) as p1:
                await p1.send("p2", b"%d" % number)
        await settled()
        for number in reversed(range(40)):
            async with nodes["p2"].session(number) as p2:
                assert await p2.receive("p1") == b"%d" % number


async def test_more_bytes_than_the_cache_holds_wait_at_their_sender(venue: Venue) -> None:
    limits = {"early_bytes": 1_000}
    async with venue.network(2, limits=limits) as nodes:
        async with nodes["p1"].session(1, labels=True) as p1:
            for number in range(20):
                await p1.send("p2", b"%d" % number * 100, label=0)
                await turns(3)
            async with nodes["p2"].session(1, labels=True) as p2:
                for number in range(20):
                    assert await p2.receive("p1", label=0) == b"%d" % number * 100


async def test_a_cache_that_another_session_fills_delays_nothing_that_is_open(
    venue: Venue,
) -> None:
    async with venue.network(2, limits={"early_bytes": 1_000}) as nodes:
        async with nodes["p1"].session("early") as early, opened(nodes, "open") as (p1, p2):
            await early.send("p2", b"x" * 5_000)
            await settled()
            await p1.send("p2", b"goes on")
            assert await p2.receive("p1") == b"goes on"
            async with nodes["p2"].session("early") as late:
                assert len(await late.receive("p1")) == 5_000


async def test_a_message_over_a_mebibyte_waits_for_the_peer_to_open(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1, labels=True) as p1:
        await p1.send("p2", b"small", label=1)
        await p1.send("p2", b"x" * ((1 << 20) + 1), label=2)
        await p1.send("p2", b"behind", label=3)
        await settled()
        async with nodes["p2"].session(1, labels=True) as p2:
            assert await p2.receive("p1", label=3) == b"behind"
            assert await p2.receive("p1", label=1) == b"small"
            assert len(await p2.receive("p1", label=2)) == (1 << 20) + 1


async def test_a_message_of_exactly_a_mebibyte_is_cached(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1) as p1:
        await p1.send("p2", b"x" * (1 << 20))
        await settled()
        async with nodes["p2"].session(1) as p2:
            assert len(await p2.receive("p1")) == 1 << 20
            assert p1.counters["p2"].retries == 0


async def test_what_the_cache_forgot_is_sent_again(venue: Venue) -> None:
    clock = Clock()
    async with venue.network(2, surroundings=clock.surroundings) as nodes:
        async with nodes["p1"].session(1, timing="asynchronous") as p1:
            await p1.send("p2", b"first")
            await settled()
            await clock.advance(16 * 60, nodes["p2"])
            p1.next_round()
            await p1.send("p2", b"second")
            await settled()
            async with nodes["p2"].session(1, timing="asynchronous") as p2:
                assert await p2.receive("p1") == b"first"
                p2.next_round()
                assert await p2.receive("p1") == b"second"


async def test_two_peers_have_a_quota_each(venue: Venue) -> None:
    async with venue.network(3, limits={"early_sessions": 2}) as nodes, AsyncExitStack() as stack:
        for number in range(10):
            greedy = await stack.enter_async_context(nodes["p1"].session(number))
            await greedy.send("p3", b"greedy")
        await settled()
        modest = await stack.enter_async_context(nodes["p2"].session(100))
        await modest.send("p3", b"modest")
        await settled()
        assert modest.counters["p3"].retries == 0
        p3 = await stack.enter_async_context(nodes["p3"].session(100))
        assert await p3.receive("p2") == b"modest"
        for number in range(10):
            await stack.enter_async_context(nodes["p3"].session(number))
