"""The contract of a transport that has a wire of single calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio
import pytest

from partywire.delivery.limits import MIB
from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import IdentityError, IdentityMismatch, Rejected, TransportError, Unreachable
from partywire.identity import Evidence, Identity
from partywire.interfaces import UnaryChannel
from partywire.session.lifetimes import background
from partywire.testing.samples import LARGEST, LARGEST_SESSION
from partywire.testing.tasks import no_task_left
from partywire.testing.transport.calls import GOES_ON, Pair
from partywire.testing.transport.scene import TransportScene
from partywire.testing.transport.stand import Stand

TAGS: Final = (Tag(0, "p1", 0), Tag(LARGEST_SESSION, "p1", LARGEST))
SIZES: Final = (0, 1, MIB)
ANSWERS: Final = {
    Status.ACTIVE: Status.ACTIVE,
    Status.INACTIVE: Status.INACTIVE,
    Status.COMPLETED: Status.COMPLETED,
    Status.FULL: Status.FULL,
    Status.QUOTA: Status.FULL,
    Status.NOT_MEMBER: Status.NOT_MEMBER,
}


class SingleCallContract(TransportScene):
    """What a transport promises of its wire of single calls, one test for each promise.

    A subclass gives what one of `TransportContract` does, with everybody on that wire by the
    configs. A transport that has connections, too, keeps both contracts.
    """

    @asynccontextmanager
    async def pair(self) -> AsyncIterator[Pair]:
        """Open ``p1`` and ``p2``, and let the first call the second."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            async with here.transport.call("p2", here.judge_of("p2")) as channel:
                yield Pair(here, there, channel)

    async def test_the_config_says_who_is_on_it(self) -> None:
        """`unary` is true of a peer that this config has on that wire."""
        async with self.parties("p1", "p2", serve=False) as scene:
            assert scene.stands[0].transport.unary("p2")

    async def test_a_message_arrives_whole_and_unchanged(self) -> None:
        """The smallest and the largest tag, from 0 bytes to 1 MiB."""
        async with self.pair() as pair:
            sent = [(tag, b"\x07" * size) for tag in TAGS for size in SIZES]
            for tag, payload in sent:
                await pair.channel.send(tag, payload)
            assert (await pair.caller()).messages.all == sent

    async def test_each_answer_is_the_one_of_the_guest(self) -> None:
        """Where the guest says QUOTA the caller is told FULL, and TOO_LARGE is `Rejected`."""
        async with self.pair() as pair:
            for status, told in ANSWERS.items():
                pair.there.door.say = partial(_say, status)
                assert await pair.channel.send(GOES_ON, b"x") is told
            pair.there.door.say = partial(_say, Status.TOO_LARGE)
            with pytest.raises(Rejected):
                await pair.channel.send(GOES_ON, b"x")

    async def test_calls_run_side_by_side(self) -> None:
        """One that waits over there keeps no other one waiting, and each has its own answer."""
        async with self.pair() as pair, anyio.create_task_group() as group:
            waiting = await pair.waiting(group)
            assert await pair.channel.send(GOES_ON, b"x") is Status.ACTIVE
            waiting.answer(Status.COMPLETED)
            assert await waiting.outcome() is Status.COMPLETED

    async def test_what_the_guest_rejects_is_rejected_alone(self) -> None:
        """The caller is told `Rejected`, and the next message is taken."""

        async def reject(_: Tag) -> Status:
            raise Rejected("p1", "rejected by this test")

        async with self.pair() as pair:
            pair.there.door.say = reject
            with pytest.raises(Rejected):
                await pair.channel.send(GOES_ON, b"x")
            pair.there.door.say = partial(_say, Status.ACTIVE)
            assert await pair.channel.send(GOES_ON, b"x") is Status.ACTIVE

    async def test_a_check_asks_the_guest_and_brings_no_message(self) -> None:
        """By the name of the caller, whatever the payload."""
        async with self.pair() as pair:
            for size in SIZES:
                await pair.channel.check(bytes(size))
            caller = await pair.caller()
            assert caller.checks.all == ["p1"] * len(SIZES)
            assert not caller.messages.all

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

    async def test_the_peer_is_judged_before_it_is_called(self) -> None:
        """``judge`` is given its evidence once, and the identity of the channel is what it made."""
        async with self.parties("p1", "p2") as scene:
            here, judged = scene.stands[0], list[Identity]()

            def judge(evidence: Evidence) -> Identity:
                judged.append(here.door.judge(evidence, "p2"))
                return judged[-1]

            async with here.transport.call("p2", judge) as channel:
                assert [channel.identity] == judged
                assert channel.identity.party == "p2"

    async def test_what_the_judge_raises_passes_through(self) -> None:
        """And nothing reaches a peer that was refused."""
        refusal = IdentityMismatch("p2", "refused by this test")

        def judge(_: Evidence) -> Identity:
            raise refusal

        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            with pytest.raises(IdentityMismatch) as caught:
                async with here.transport.call("p2", judge):
                    pytest.fail("connected to somebody who was refused")
            assert caught.value is refusal
            for caller in there.door.callers.all:
                assert not caller.messages.all
                assert not caller.checks.all

    async def test_a_caller_that_is_refused_gets_nowhere(self) -> None:
        """It is told so by an error, in bounded time, and others come in."""
        async with self.parties("p1", "p2", "p3") as scene:
            p1, p2, p3 = scene.stands
            p2.door.refused.add("p1")
            await _refused(p1)
            assert p2.door.arrived.all, "its evidence never came to the inbox"
            async with p3.transport.call("p2", p3.judge_of("p2")) as channel:
                assert await channel.send(Tag(1, "p3", 0), b"x") is Status.ACTIVE

    async def test_an_impostor_gets_nowhere(self) -> None:
        """Who calls under another's name and cannot prove it."""
        async with self.parties("p1", "p2") as scene:
            config = self.impostor(scene.configs, "p1")
            if config is None:
                pytest.skip("no impostor: this transport gives none")
            async with self.opened(scene.group, config) as (impostor,):
                await _refused(impostor)
            assert not scene.stands[1].door.callers.all, "an impostor was let in"

    async def test_a_closed_transport_leaves_no_task(self) -> None:
        """When serving was cancelled and the transport was closed, nothing of it runs."""
        async with no_task_left(), self.pair() as pair:
            await pair.channel.send(GOES_ON, b"x")


async def _say(status: Status, _: Tag) -> Status:
    return status


async def _lost(channel: UnaryChannel) -> None:
    """It says that it is lost, again where it is asked again, and takes nothing more."""
    for _ in range(2):
        assert isinstance(await channel.broken(), (Unreachable, Rejected))
    with pytest.raises(TransportError):
        await channel.send(GOES_ON, b"x")
    with pytest.raises(TransportError):
        await channel.check()


async def _refused(stand: Stand) -> None:
    with pytest.raises((TransportError, IdentityError)):
        async with stand.transport.call("p2", stand.judge_of("p2")) as channel:
            await channel.send(GOES_ON, b"x")
