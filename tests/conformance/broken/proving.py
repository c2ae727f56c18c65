"""Transports that take somebody for somebody else."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from partywire.errors import IdentityError, Rejected
from partywire.testing.samples import FIRST_STEP
from partywire.testing.transport.evidence import Proving
from tests.conformance.passwords import Shown
from tests.conformance.running import Broken
from tests.conformance.wire import LOST, Frames, WireChannel, WireTransport

if TYPE_CHECKING:
    from partywire.delivery.hello import Hello, HelloAnswer
    from partywire.identity import Evidence, Identity
    from partywire.inbox import Dismiss, Guest, Inbox
    from partywire.interfaces import Judge


class JudgesLater(WireTransport):
    """The other end is judged once it has answered our hello."""

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        shown: list[Evidence] = []

        def wait(evidence: Evidence) -> Identity:
            shown.append(evidence)
            return None  # type: ignore[return-value]

        channel = await super().introduce(peer, wait, frames)
        greet = channel.greet

        async def judge_first(hello: Hello) -> HelloAnswer:
            answer = await greet(hello)
            channel.identity = judge(shown[0])
            return answer

        channel.greet = judge_first  # type: ignore[method-assign]
        return channel


class IgnoresTheJudge(WireTransport):
    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        def mild(evidence: Evidence) -> Identity:
            with suppress(IdentityError):
                return judge(evidence)
            return None  # type: ignore[return-value]

        return await super().introduce(peer, mild, frames)


class TranslatesTheJudge(WireTransport):
    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        try:
            return await super().introduce(peer, judge, frames)
        except IdentityError as error:
            raise Rejected(peer, str(error)) from error


class GreetsWhoIsRefused(WireTransport):
    """Looks who is there once the hello is out."""

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        def judge_later(evidence: Evidence) -> Identity:
            shown.append(evidence)
            return None  # type: ignore[return-value]

        shown: list[Evidence] = []
        channel = await super().introduce(peer, judge_later, frames)
        await frames.send(b"h", repr(attrs.astuple(FIRST_STEP)).encode())
        try:
            await frames.receive()
        except LOST:
            raise Rejected(peer, "refused us") from None
        channel.identity = judge(shown[0])
        return channel


class AnotherIdentity(WireTransport):
    """The channel has the identity of an earlier connection."""

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        channel = await super().introduce(peer, judge, frames)
        channel.identity = copy.copy(channel.identity)
        return channel


class ArrivesTwice(WireTransport):
    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        inbox.arrive(evidence, dismiss)
        return super().arrive(evidence, inbox, dismiss)


class KeepsTheRefused(WireTransport):
    """Whoever is refused is left waiting."""

    async def host(self, frames: Frames, inbox: Inbox) -> None:
        self.refused = False
        await super().host(frames, inbox)
        if self.refused:
            await anyio.sleep_forever()

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        try:
            return super().arrive(evidence, inbox, dismiss)
        except IdentityError:
            self.refused = True
            raise

    async def close(self, frames: Frames) -> None:
        if not self.refused:
            await super().close(frames)


class NoSource(WireTransport):
    def evidence(self) -> bytes:
        return repr((self.party, "", self.config.password)).encode()


class ForgetsItsCertificate(WireTransport):
    """Who is called does not know what it has shown."""

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        def shown(evidence: Any) -> Identity:
            return judge(attrs.evolve(evidence, own=b"c" * 32))

        return await super().introduce(peer, shown, frames)


class CutsDigests(WireTransport):
    """Both say the same, and it is no digest."""

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        def shown(evidence: Any) -> Identity:
            return judge(Short(**attrs.asdict(evidence)))

        return await super().introduce(peer, shown, frames)

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        return super().arrive(attrs.evolve(evidence, own=b"c" * 31), inbox, dismiss)


class Short(Shown):
    """Evidence with 31 bytes of a digest."""

    @property
    def digest(self) -> bytes:
        return b"c" * 31


class BelievesTheName(WireTransport):
    """Whoever calls is whom it claims to be."""

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        peer = self.peers.get(evidence.claimed)
        proved = evidence if peer is None else attrs.evolve(evidence, password=peer.password)
        return super().arrive(proved, inbox, dismiss)


class BelievesTheAddress(WireTransport):
    """Whoever answers there is whom we called."""

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        def believe(evidence: Any) -> Identity:
            return judge(attrs.evolve(evidence, password=self.peers[peer].password))

        return await super().introduce(peer, believe, frames)


PASSES = "test_what_the_judge_raises_passes_through"
REACHES = "test_nothing_reaches_a_peer_that_was_refused"
IDENTITY = "test_the_identity_of_a_channel_is_the_one_judged"
SHOWS = "test_evidence_says_whose_it_is_and_where_it_came_from"
CERTIFICATES = "test_both_ends_say_which_certificates_were_shown"
CALLED = "test_an_impostor_is_not_called"

TABLE = [
    Broken(
        JudgesLater,
        Proving,
        "test_the_peer_is_judged_before_anything_is_sent",
        [PASSES, REACHES, IDENTITY, SHOWS, CERTIFICATES, CALLED],
    ),
    Broken(IgnoresTheJudge, Proving, PASSES, [REACHES, CALLED]),
    Broken(TranslatesTheJudge, Proving, PASSES),
    Broken(GreetsWhoIsRefused, Proving, REACHES, [CALLED]),
    Broken(AnotherIdentity, Proving, IDENTITY),
    Broken(ArrivesTwice, Proving, "test_a_caller_is_judged_before_it_is_heard"),
    Broken(
        KeepsTheRefused,
        Proving,
        "test_a_caller_that_is_refused_gets_nowhere",
        ["test_an_impostor_is_not_let_in"],
    ),
    Broken(NoSource, Proving, SHOWS),
    Broken(ForgetsItsCertificate, Proving, CERTIFICATES),
    Broken(CutsDigests, Proving, CERTIFICATES),
    Broken(BelievesTheName, Proving, "test_an_impostor_is_not_let_in"),
    Broken(BelievesTheAddress, Proving, CALLED),
]
