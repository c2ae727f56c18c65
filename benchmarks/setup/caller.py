"""Connections of one end to a node, each up to the end of its hello."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from partywire import Surroundings
from partywire.config import load_config
from partywire.delivery.hello import PROBE
from partywire.identity import Evidence, Identity
from partywire.judge import challenged, judge
from partywire.node.assembly import Parts, assembled
from partywire.node.counterpart import Counterpart
from partywire.node.introduction import Introduction
from partywire.plugins import Plugins
from tests.loopback import Config


@attrs.define
class Caller:
    """The calling end, which has a transport and serves nobody.

    Attributes:
        identity: the newest of the other end.
    """

    parts: Parts
    introduction: Introduction
    peer: str
    evidence: Evidence = attrs.field(init=False)
    identity: Identity = attrs.field(init=False)

    async def connect(self) -> tuple[float, float]:
        """Return what it takes until both ends have proved themselves, and the hello has ended.

        That is seconds, and seconds of processor time in this process, where both ends are.
        """
        began, worked = time.perf_counter(), time.process_time()
        async with self.parts.transport.connect(self.peer, self._judge) as channel:
            prove = self._prove if challenged(self.peer, self.parts.verifiers.all) else None
            await self.introduction.greet(Counterpart(self.peer, self.evidence, prove), channel)
            return time.perf_counter() - began, time.process_time() - worked

    def _judge(self, evidence: Evidence, binding: bytes | None = None) -> Identity:
        self.evidence = evidence
        self.identity = judge(
            evidence, self.parts.verifiers.all, expected=self.peer, now=time.time(), binding=binding
        )
        return self.identity

    def _prove(self, binding: bytes, proof: bytes) -> None:
        self._judge(attrs.evolve(self.evidence, proof=proof), binding)


@asynccontextmanager
async def caller(config: Config, peer: str) -> AsyncIterator[Caller]:
    """Open the calling end by the config of a party; it introduces itself as a probe."""
    async with assembled(load_config(config, Plugins()), Surroundings()) as parts:
        yield Caller(parts, attrs.evolve(parts.introduction, kind=PROBE), peer)
