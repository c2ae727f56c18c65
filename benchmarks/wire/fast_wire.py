"""partywire: two nodes, one session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

import partywire
from benchmarks.wire.link import PATIENCE, End
from tests.loopback import config_of

PARTIES = ("answers", "measures")
LABEL = 1


@attrs.frozen
class Labelled:
    """All messages under one label, which keeps their order."""

    session: partywire.Session
    peer: str

    async def send(self, data: bytes) -> None:
        await self.session.send(self.peer, data, label=LABEL)

    async def receive(self) -> bytes:
        return await self.session.receive(self.peer, label=LABEL)


@asynccontextmanager
async def insecure_grpc(end: End) -> AsyncIterator[Labelled]:
    """Open a node over insecure gRPC."""
    party, peer = PARTIES[end.measures], PARTIES[not end.measures]
    places = {peer: end.theirs}
    config = config_of(party, end.mine, places, session={"timing": "asynchronous"})
    async with partywire.open_node(config) as node:
        await node.ready(timeout=PATIENCE)
        async with node.session("benchmark", labels=True) as session:
            yield Labelled(session, peer)
            await session.flush(timeout=PATIENCE)
