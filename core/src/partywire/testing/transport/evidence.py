"""Promises about who is at the other end."""

import pytest

from partywire.errors import IdentityError, IdentityMismatch, TransportError
from partywire.identity import Evidence, Identity
from partywire.interfaces import Judge
from partywire.testing.samples import numbered
from partywire.testing.transport.scene import TransportScene
from partywire.testing.transport.stand import Stand


class Proving(TransportScene):
    """Each end is judged before anything of the other passes, and nobody can stand in for it."""

    async def test_the_peer_is_judged_before_anything_is_sent(self) -> None:
        """``judge`` has been given its evidence when the channel is there."""
        async with self.parties("p1", "p2") as scene:
            here, _ = scene.stands
            shown: list[Evidence] = []
            async with here.connect("p2", _noting(here, shown)):
                assert len(shown) == 1, "judge is called once, and before there is a channel"

    async def test_what_the_judge_raises_passes_through(self) -> None:
        """It is not made into another error, and not ignored."""
        refusal = IdentityMismatch("p2", "refused by this test")
        async with self.parties("p1", "p2") as scene:
            here, _ = scene.stands
            with pytest.raises(IdentityMismatch) as caught:
                async with here.connect("p2", _refusing(refusal)):
                    pytest.fail("connected to somebody who was refused")
            assert caught.value is refusal

    async def test_nothing_reaches_a_peer_that_was_refused(self) -> None:
        """No hello and no batch; and it learns that the caller is gone."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            with pytest.raises((IdentityError, TransportError)):
                async with here.connect("p2", _refusing(IdentityMismatch("p2", "refused"))):
                    pytest.fail("connected to somebody who was refused")
            for caller in there.door.callers.all:
                await caller.left.wait()
                assert not caller.greeted, "it was greeted"
                assert not caller.taken, "it was sent a batch"

    async def test_the_identity_of_a_channel_is_the_one_judged(self) -> None:
        """The very object that ``judge`` returned for this connection."""
        async with self.parties("p1", "p2") as scene:
            here, _ = scene.stands
            judged: list[Identity] = []

            def judge(evidence: Evidence) -> Identity:
                judged.append(here.door.judge(evidence, "p2"))
                return judged[-1]

            async with here.connect("p2", judge) as channel:
                assert channel.identity is judged[-1]

    async def test_a_caller_is_judged_before_it_is_heard(self) -> None:
        """The inbox was given its evidence, and what it sends comes by the guest for it."""
        async with self.call() as call:
            await call.line.deliver(numbered(1))
            await call.caller.took(1)
            assert len(call.there.door.arrived) == 1, "one connection arrives once"
            assert call.caller.identity.party == "p1"

    async def test_a_caller_that_is_refused_gets_nowhere(self) -> None:
        """It is told so by an error, in bounded time."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            there.door.refused.add("p1")
            with pytest.raises(TransportError):
                async with here.line("p2"):
                    pytest.fail("came in")
            assert there.door.arrived.all, "its evidence never came to the inbox"

    async def test_evidence_says_whose_it_is_and_where_it_came_from(self) -> None:
        """Both ends show the party that they are, and a source for the logs."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            shown: list[Evidence] = []
            async with here.connect("p2", _noting(here, shown)):
                shown.append((await there.door.arrived.wait_for(1))[0])
            assert [evidence.claimed for evidence in shown] == ["p2", "p1"]
            assert all(evidence.source for evidence in shown), "no source"

    async def test_both_ends_say_which_certificates_were_shown(self) -> None:
        """What one has shown is what the other was shown: 32 bytes, or none, each way."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            shown: list[Evidence] = []
            async with here.connect("p2", _noting(here, shown)):
                caller, server = (await there.door.arrived.wait_for(1))[0], shown[0]
            assert (caller.own, caller.digest) == (server.digest, server.own)
            assert {len(caller.own), len(caller.digest)} <= {0, 32}, "no SHA-256"

    async def test_an_impostor_is_not_let_in(self) -> None:
        """Who calls under another's name and cannot prove it."""
        async with self.parties("p1", "p2") as scene:
            config = self.impostor(scene.configs, "p1")
            if config is None:
                pytest.skip("no impostor: this transport gives none")
            there = scene.stands[1]
            await scene.stands[0].stop()
            async with self.opened(scene.group, config) as (impostor,):
                with pytest.raises(TransportError):
                    async with impostor.line("p2"):
                        pytest.fail("came in")
            assert not there.door.callers.all, "an impostor was let in"

    async def test_an_impostor_is_not_called(self) -> None:
        """Who answers in another's place and cannot prove it is sent nothing."""
        async with self.parties("p1", "p2") as scene:
            config = self.impostor(scene.configs, "p2")
            if config is None:
                pytest.skip("no impostor: this transport gives none")
            here, there = scene.stands
            await there.stop()
            async with self.opened(scene.group, config) as (impostor,):
                await impostor.serve()
                with pytest.raises((IdentityError, TransportError)):
                    async with here.connect("p2"):
                        pytest.fail("connected to an impostor")
                for caller in impostor.door.callers.all:
                    assert not caller.greeted, "it was greeted"


def _noting(stand: Stand, shown: list[Evidence]) -> Judge:
    def judge(evidence: Evidence) -> Identity:
        shown.append(evidence)
        return stand.door.judge(evidence, "p2")

    return judge


def _refusing(refusal: IdentityError) -> Judge:
    def judge(_evidence: Evidence) -> Identity:
        raise refusal

    return judge
