"""Who is called by single calls, and who calls."""

import pytest

from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import IdentityError, IdentityMismatch, TransportError
from partywire.identity import Evidence, Identity
from partywire.testing.transport.calls import GOES_ON
from partywire.testing.transport.single_scene import SingleScene
from partywire.testing.transport.stand import Stand


class Admitting(SingleScene):
    """Who is called, and who calls, was judged."""

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


async def _refused(stand: Stand) -> None:
    with pytest.raises((TransportError, IdentityError)):
        async with stand.transport.call("p2", stand.judge_of("p2")) as channel:
            await channel.send(GOES_ON, b"x")
