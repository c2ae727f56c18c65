"""Parties whose certificates their attesters make, and what they show to each other."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from time import time
from typing import TYPE_CHECKING, Any

import anyio

from partywire import open_node
from partywire_grpc.certificates.reading import read_leaf
from partywire_grpc_mtls import standing
from partywire_grpc_mtls.mutual import MutualTls
from tests.certificates.forge import Forge
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest

    from partywire import Node
    from partywire_grpc.certificates.evidence import TlsEvidence

PATIENCE = 30.0
NAMES = ("p1", "p2", "p3")
LIMITS = {"retry_first": "5ms", "retry_longest": "50ms", "proof_pause": "10ms"}


class Town:
    """Parties whose certificates their attesters make."""

    def __init__(
        self,
        folder: Path,
        curve: str | None = None,
        names: tuple[str, ...] = NAMES,
        lifetime: float = 3600.0,
        *,
        bound: bool = False,
    ) -> None:
        self.names = names
        self.forge = Forge(folder, curve, bound)
        for party in names:
            self.forge.maker(party, lifetime)
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        timing = {"timing": "asynchronous"}
        self.configs: dict[str, Any] = {
            party: config_of(party, ports[party], ports, self.forge, session=timing, limits=LIMITS)
            for party in names
        }

    def node(self, party: str) -> Any:
        return open_node(self.configs[party], plugins=[self.forge])

    @asynccontextmanager
    async def nodes(self) -> AsyncIterator[dict[str, Node]]:
        async with AsyncExitStack() as stack:
            nodes = {
                party: await stack.enter_async_context(self.node(party)) for party in self.names
            }
            for node in nodes.values():
                await node.ready()
            yield nodes


class Seen:
    """What was shown at each connection, as its two ends have it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, overlap: float = 0.1) -> None:
        """Connections by a former certificate have ``overlap`` seconds, at most."""
        self.callers: list[TlsEvidence] = []
        self.servers: list[TlsEvidence] = []
        self.expired: list[TlsEvidence] = []
        self._news = anyio.Event()
        caller, look = MutualTls.caller, MutualTls.look

        def noted(security: MutualTls, other: Any) -> Any:
            return self._note(self.callers, caller(security, other))

        async def looked(security: MutualTls, peer: str, address: Any) -> Any:
            approach = await look(security, peer, address)
            self._note(self.servers, approach.evidence)
            return approach

        monkeypatch.setattr(standing, "OVERLAP", overlap)
        monkeypatch.setattr(MutualTls, "caller", noted)
        monkeypatch.setattr(MutualTls, "look", looked)

    def _note(self, where: list[TlsEvidence], evidence: Any) -> Any:
        where.append(evidence)
        if read_leaf(evidence.leaf, "").not_after <= time():
            self.expired.append(evidence)
        if where is self.callers:
            self._news.set()
            self._news = anyio.Event()
        return evidence

    async def called_by(self, leaf: bytes) -> None:
        """Wait until somebody has called by that certificate."""
        while all(each.leaf != leaf for each in self.callers):
            await self._news.wait()

    @property
    def connections(self) -> tuple[set[tuple[bytes, bytes]], set[tuple[bytes, bytes]]]:
        """Of each, the digests of caller and server, as a server has them, and a caller."""
        return (
            {(each.digest, each.own) for each in self.callers},
            {(each.own, each.digest) for each in self.servers},
        )


async def talk(one: Node, other: Node, number: int = 9) -> None:
    parties = [one.party, other.party]
    async with (
        one.session(number, parties=parties) as here,
        other.session(number, parties=parties) as there,
    ):
        await here.send(other.party, b"ping")
        assert await there.receive(one.party) == b"ping"
        await there.send(one.party, b"pong")
        assert await here.receive(other.party) == b"pong"
