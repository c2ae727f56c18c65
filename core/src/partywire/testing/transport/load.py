"""Promises about peers that are slow, many, or both."""

from contextlib import AsyncExitStack

import pytest
from anyio.lowlevel import current_token

from partywire.session.lifetimes import background
from partywire.testing.samples import numbered
from partywire.testing.tasks import no_blocking
from partywire.testing.transport.flood import Flood
from partywire.testing.transport.scene import TransportScene

MANY = 32
CROWD = 6


class Loading(TransportScene):
    """Memory is bounded, and a slow peer is slow for itself alone."""

    async def test_a_peer_that_does_not_answer_stops_the_sender(self) -> None:
        """`deliver` waits before more than ``most_unanswered`` bytes are held for that peer."""
        async with self.call() as call, background() as group:
            call.there.door.stall("p1")
            flood = Flood(group, call.line, self.most_batches)
            assert await flood.stopped(self.quiet), (
                f"took {flood.delivered} MiB that nobody answers"
            )

    async def test_a_sender_that_was_stopped_goes_on(self) -> None:
        """Once the router answers again, everything arrives, in order."""
        async with self.call() as call, background() as group:
            call.there.door.stall("p1")
            flood = Flood(group, call.line, MANY)
            await flood.stopped(self.quiet)
            call.there.door.resume("p1")
            await call.line.answered(MANY)
            assert call.caller.numbers.all == list(range(MANY))

    async def test_a_stopped_peer_stops_nobody_else(self) -> None:
        """Neither what its victim sends to others, nor what others send to it."""
        async with self.parties("p1", "p2", "p3") as scene, background() as group:
            p1, p2, p3 = scene.stands
            async with p1.line("p2") as stuck, p1.line("p3") as out, p3.line("p2") as beside:
                p2.door.stall("p1")
                await Flood(group, stuck, self.most_batches).stopped(self.quiet)
                for line in (out, beside):
                    await line.deliver(numbered(1))
                    await line.answered(1)
                p2.door.resume("p1")

    async def test_both_ends_may_be_full_at_once(self) -> None:
        """Answers come through while both ends send as fast as they can."""
        async with self.parties("p1", "p2") as scene, background() as group:
            here, there = scene.stands
            async with here.line("p2") as out, there.line("p1") as back:
                for line in (out, back):
                    Flood(group, line, MANY)
                await out.answered(MANY)
                await back.answered(MANY)

    async def test_many_parties_may_call_at_once(self) -> None:
        """Each of them is answered."""
        names = [f"p{number}" for number in range(1, CROWD + 1)]
        async with self.parties(*names) as scene, AsyncExitStack() as stack:
            lines = [
                await stack.enter_async_context(one.line(other))
                for one in scene.stands
                for other in names
                if other != one.party
            ]
            async with background() as group:
                for line in lines:
                    Flood(group, line, 2)
                for line in lines:
                    await line.answered(2)

    async def test_the_event_loop_is_not_blocked(self) -> None:
        """No call sleeps, reads files or waits for a socket on the loop; seen on asyncio only."""
        if not type(current_token().native_token).__module__.startswith(("asyncio", "uvloop")):
            pytest.skip("blocking calls are seen on asyncio only")
        async with self.parties("p1", "p2") as scene:
            here, _ = scene.stands
            with no_blocking():
                async with here.line("p2") as line:
                    for number in range(0, MANY, 2):
                        await line.deliver(numbered(number))
                        if not line.deliver_nowait(numbered(number + 1)):
                            await line.deliver(numbered(number + 1))
                    await line.answered(MANY)
