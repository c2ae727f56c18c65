"""Promises about connections that end, and peers that are not there."""

from contextlib import suppress

import anyio
import pytest

from partywire.errors import Rejected, Unreachable
from partywire.interfaces import Channel
from partywire.session.lifetimes import background
from partywire.testing.samples import FIRST_STEP, numbered
from partywire.testing.tasks import no_task_left, no_task_stays
from partywire.testing.transport.flood import Flood
from partywire.testing.transport.scene import TransportScene


class Closing(TransportScene):
    """Whatever ends a connection, both ends learn it, and nothing stays."""

    async def test_nobody_there_is_unreachable(self) -> None:
        """Connecting to a party that does not serve raises `Unreachable`, in bounded time."""
        async with self.parties("p1", "p2", serve=False) as scene:
            with pytest.raises(Unreachable) as caught:
                async with scene.stands[0].connect("p2"):
                    pytest.fail("connected to nobody")
            assert caught.value.party == "p2", "the error names the party"

    async def test_broken_tells_that_the_other_end_stopped(self) -> None:
        """`broken` returns when the peer stops serving."""
        async with self.call() as call:
            await call.there.stop()
            await _lost(call.line.channel)

    async def test_broken_tells_that_the_connection_was_cut(self) -> None:
        """`broken` returns when the connection is lost on the way."""
        async with self.call() as call:
            await self.cut(call.scene.configs)
            await _lost(call.line.channel)

    async def test_broken_tells_again(self) -> None:
        """Whoever asks after the connection was lost is told as well."""
        async with self.call() as call:
            await self.cut(call.scene.configs)
            await _lost(call.line.channel)
            await _lost(call.line.channel)

    async def test_a_lost_connection_takes_nothing(self) -> None:
        """Every call on it raises `Unreachable` or `Rejected`."""
        async with self.call() as call:
            await self.cut(call.scene.configs)
            channel = call.line.channel
            await _lost(channel)
            with pytest.raises((Unreachable, Rejected)):
                await call.line.deliver(numbered(0))
            with pytest.raises((Unreachable, Rejected)):
                await channel.greet(FIRST_STEP)
            with suppress(Unreachable, Rejected):
                assert not call.line.deliver_nowait(numbered(0)), "it took a batch"

    async def test_a_delivery_that_waits_ends_with_its_connection(self) -> None:
        """`deliver` raises when the connection is lost under it."""
        async with self.call() as call, background() as group:
            call.there.door.stall("p1")
            flood = Flood(group, call.line, self.most_batches)
            await flood.stopped(self.quiet)
            await self.cut(call.scene.configs)
            await flood.ended()
            assert flood.error or flood.delivered == self.most_batches, "it ended without an error"

    async def test_the_guest_learns_that_the_caller_left(self) -> None:
        """``leave`` of the guest is called after the caller has left its context."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            async with here.line("p2"):
                caller = await there.door.caller("p1")
                assert not caller.left.is_set(), "left while the connection stands"
            await caller.left.wait()

    async def test_the_guest_learns_that_the_connection_was_cut(self) -> None:
        """``leave`` of the guest is called after the connection was lost."""
        async with self.call() as call:
            await self.cut(call.scene.configs)
            await call.caller.left.wait()

    async def test_nothing_is_answered_after_the_caller_left(self) -> None:
        """No answer comes for a connection whose context was left."""
        async with self.parties("p1", "p2") as scene, background() as group:
            here, there = scene.stands
            async with here.line("p2") as line:
                there.door.stall("p1")
                flood = Flood(group, line, 1)
                await anyio.wait_all_tasks_blocked()
            there.door.resume("p1")
            await flood.ended()
            async with here.line("p2") as later:
                await later.deliver(numbered(1))
                await later.answered(1)
            assert not line.answers.all, "an answer came on a connection that was left"

    async def test_a_connection_can_be_made_again(self) -> None:
        """What was lost does not stand in the way of the next one."""
        async with self.call() as call:
            await self.cut(call.scene.configs)
            await _lost(call.line.channel)
            async with call.here.line("p2") as again:
                await again.deliver(numbered(1))
                await again.answered(1)

    async def test_an_exception_leaves_the_connection_as_itself(self) -> None:
        """What is raised while a connection is held is not wrapped in a group."""
        async with self.parties("p1", "p2") as scene:
            with pytest.raises(ZeroDivisionError):
                async with scene.stands[0].line("p2"):
                    raise ZeroDivisionError

    async def test_a_caller_that_left_leaves_no_task(self) -> None:
        """At neither end."""
        async with self.parties("p1", "p2") as scene:
            here, _ = scene.stands
            async with no_task_stays(), here.line("p2") as line:
                await line.deliver(numbered(1))
                await line.answered(1)

    async def test_a_closed_transport_leaves_no_task(self) -> None:
        """When serving was cancelled and the transport was closed, nothing of it runs."""
        async with no_task_left(), self.call() as call:
            await call.line.deliver(numbered(1))
            await call.line.answered(1)


async def _lost(channel: Channel) -> None:
    error = await channel.broken()
    kinds = "broken returns Unreachable or Rejected"
    assert isinstance(error, (Unreachable, Rejected)), kinds
    assert error.party == "p2", "the error names the party"
