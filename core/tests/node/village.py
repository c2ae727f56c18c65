"""One party as the doctor sees it: a transport, probes and peers that do what the test says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from partywire import Diagnosis, Surroundings, diagnose
from partywire.delivery.filler import thrown_away
from partywire.delivery.hello import (
    NONCE,
    Hello,
    HelloAnswer,
    Way,
    WayBack,
    Welcome,
    roster_fingerprint,
)
from partywire.delivery.records import Batch
from partywire.errors import IdentityMismatch, Unreachable
from partywire.hookspecs import AttesterDescriptor, ProbeDescriptor, TransportDescriptor, hookimpl
from partywire.identity import WHO, Credentials, Evidence, Verdict
from partywire.interfaces import Answered, Channel, IdentityVerifier, Transport
from partywire.node.answering import Answering
from partywire.node.counterpart import Counterpart
from partywire.node.introduction import Introduction
from partywire.setting import Attester

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from partywire.errors import TransportError
    from partywire.hookspecs import Setting
    from partywire.interfaces import Judge
    from partywire.probing import Finding, Found, Subject

NOW = 1_000_000.0
Probe = Any


class Trusting(IdentityVerifier):
    """Takes the word of everybody, for as long as the test says."""

    def __init__(self, valid_until: float | None, valid_from: float | None) -> None:
        self.valid_until = valid_until
        self.valid_from = valid_from

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if evidence.claimed != expected:
            raise IdentityMismatch(expected, "it is somebody else")
        return Verdict(expected, self.valid_until, valid_from=self.valid_from)


class Line(Channel):
    """A connection to the real answering of a peer, whose clock may be another."""

    def __init__(self, village: Village, peer: str, judge: Judge) -> None:
        self.identity = judge(Evidence(village.claims.get(peer, peer), "a test"))
        self.village = village
        surroundings = Surroundings(wall=lambda: NOW + village.ahead)
        them = Introduction(peer, b"b" * NONCE, NOW, lambda: village.rosters[peer], surroundings)
        self.answering = Answering(Counterpart("alice", Evidence("alice", "a test")), them)

    async def greet(self, hello: Hello) -> HelloAnswer:
        self.village.hellos.append(hello)
        answer = await self.answering.answer(hello)
        if isinstance(answer, Welcome):
            return attrs.evolve(answer, way_back=self.village.way_back)
        return answer

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        await self.village.takes(batch, answered)

    async def broken(self) -> TransportError:
        await self.village.breaks.wait()
        return Unreachable("bob", "is gone")


class Hut(Transport):
    def __init__(self, village: Village) -> None:
        self.village = village

    async def serve(self, inbox: object, *, task_status: object) -> None:
        raise AssertionError("a doctor does not listen")

    def connect(self, peer: str, judge: Judge) -> AbstractAsyncContextManager[Channel]:
        return self._connect(peer, judge)

    @asynccontextmanager
    async def _connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        await self.village.at(peer)
        self.village.open += 1
        try:
            yield Line(self.village, peer, judge)
        finally:
            self.village.open -= 1


class Silent(Attester):
    """Is asked for nothing, as this transport shows none."""

    async def credentials(self) -> Credentials:
        raise AssertionError("nobody shows any")

    async def changed(self) -> None:
        raise AssertionError("nobody waits for any")

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        raise AssertionError("nobody is challenged")


async def nothing(_: str) -> None:
    """Be in nobody's way."""


async def throws_away(batch: Batch, answered: Answered) -> None:
    """Do what a node does with the batch of a probe."""
    receipt = thrown_away(batch)
    assert receipt
    answered(receipt)


@attrs.define
class Village:
    """Bob and carol, and what happens on the way to them."""

    rosters: dict[str, bytes] = attrs.Factory(dict)
    claims: dict[str, str] = attrs.Factory(dict)
    ahead: float = 0.0
    valid_until: float | None = None
    valid_from: float | None = None
    at: Callable[[str], Any] = nothing
    probe: Probe = None
    tells: Any = None
    attester: Attester | None = None
    hellos: list[Hello] = attrs.Factory(list)
    way_back: WayBack | None = attrs.Factory(lambda: WayBack(Way.CONNECTED, 125.0))
    takes: Callable[[Batch, Answered], Any] = throws_away
    breaks: anyio.Event = attrs.Factory(anyio.Event)
    open: int = 0

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [
            TransportDescriptor(
                "hut",
                self._opened,
                verifier=lambda _: Trusting(self.valid_until, self.valid_from),
                proves=frozenset({WHO}),
            )
        ]

    @hookimpl
    def register_attesters(self) -> Sequence[AttesterDescriptor]:
        @asynccontextmanager
        async def opened(_: Setting) -> AsyncIterator[Attester]:
            assert self.attester is not None
            yield self.attester

        return [AttesterDescriptor("hut", opened)]

    @hookimpl
    def register_probes(self) -> Sequence[ProbeDescriptor]:
        others = [ProbeDescriptor("post", fails)]
        return [*others, ProbeDescriptor("hut", self.probe, self.tells)] if self.probe else others

    @asynccontextmanager
    async def _opened(self, _: Setting) -> AsyncIterator[Transport]:
        yield Hut(self)

    async def diagnosed(self, **changes: Any) -> Diagnosis:
        config = {
            "party": {"id": "alice"},
            "transport": {"plugin": "hut"},
            "peer": [{"id": "bob"}, {"id": "carol"}],
        }
        agreed = roster_fingerprint((party, "") for party in ("alice", "bob", "carol"))
        self.rosters = {"bob": agreed, "carol": agreed} | self.rosters
        with anyio.fail_after(30):
            return await diagnose(
                {**config, **changes}, plugins=[self], surroundings=Surroundings(wall=lambda: NOW)
            )


async def fails(_: Subject, __: Found) -> None:
    raise AssertionError("the config does not name it")


def one(found: Sequence[Finding], check: str) -> Finding:
    """The only finding of that check."""
    (finding,) = [each for each in found if each.check == check]
    return finding
