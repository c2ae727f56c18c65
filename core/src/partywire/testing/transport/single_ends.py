"""Single calls that end otherwise than by their answer, and peers that are not there."""

import anyio
import pytest

from partywire.delivery.records import Status
from partywire.errors import Rejected, TransportError, Unreachable
from partywire.interfaces import UnaryChannel
from partywire.session.lifetimes import background
from partywire.testing.tasks import no_task_left
from partywire.testing.transport.calls import GOES_ON, Pair
from partywire.testing.transport.single_scene import SingleScene


class Ending(SingleScene):
    """Whatever ends a call or its connection, both ends learn it, and nothing stays."""

    async def test_nobody_there_is_unreachable(self) -> None:
        """On entering or at the first call, in bounded time."""
        async with self.parties("p1", "p2", serve=False) as scene:
            here = scene.stands[0]
            with pytest.raises(Unreachable):
                async with here.transport.call("p2", here.judge_of("p2")) as channel:
                    await channel.check()

    async def test_a_call_that_waits_ends_when_the_other_end_stops(self) -> None:
        """`broken` tells it as well, and nothing is taken after that."""
        async with self.pair() as pair, background() as group:
            waiting = await pair.waiting(group)
            await pair.there.stop()
            assert isinstance(await waiting.outcome(), TransportError)
            await _lost(pair.channel)

    async def test_a_call_that_waits_ends_when_the_connection_is_cut(self) -> None:
        """As `Unreachable`, for it is worth another try; `broken` tells it as well."""
        async with self.parties("p1", "p2") as scene, background() as group:
            here, there = scene.stands
            async with here.transport.call("p2", here.judge_of("p2")) as channel:
                pair = Pair(here, there, channel)
                waiting = await pair.waiting(group)
                await self.cut(scene.configs)
                assert isinstance(await waiting.outcome(), Unreachable)
                await _lost(channel)

    async def test_a_cancelled_call_leaves_the_channel_usable_or_broken(self) -> None:
        """The next message is taken and answered, or the channel says that it is lost."""
        async with self.pair() as pair:
            async with anyio.create_task_group() as group:
                await pair.waiting(group)
                group.cancel_scope.cancel()
            try:
                assert await pair.channel.send(GOES_ON, b"x") is Status.ACTIVE
            except TransportError:
                await _lost(pair.channel)

    async def test_who_is_dismissed_is_told(self) -> None:
        """A call that waits ends by an error."""
        async with self.pair() as pair, background() as group:
            waiting = await pair.waiting(group)
            (await pair.caller()).dismiss(Rejected("p1", "dismissed by this test"))
            assert isinstance(await waiting.outcome(), TransportError)

    async def test_serving_leaves_no_guest(self) -> None:
        """Each one has left once serving has ended."""
        async with self.pair() as pair:
            await pair.channel.check()
            caller = await pair.caller()
            await pair.there.stop()
            await caller.left.wait()

    async def test_a_closed_transport_leaves_no_task(self) -> None:
        """When serving was cancelled and the transport was closed, nothing of it runs."""
        async with no_task_left(), self.pair() as pair:
            await pair.channel.send(GOES_ON, b"x")


async def _lost(channel: UnaryChannel) -> None:
    """It says that it is lost, again where it is asked again, and takes nothing more."""
    for _ in range(2):
        assert isinstance(await channel.broken(), (Unreachable, Rejected))
    with pytest.raises(TransportError):
        await channel.send(GOES_ON, b"x")
    with pytest.raises(TransportError):
        await channel.check()
