"""partywire: two nodes, one session."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import attrs

import partywire
from benchmarks.wire.link import PARTIES, PATIENCE, End
from tests.certificates.wallet import Wallet
from tests.loopback import PLAIN, Security, config_of

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


def insecure_grpc(end: End) -> AbstractAsyncContextManager[Labelled]:
    """Open a node over insecure gRPC."""
    return _opened(end, PLAIN)


def mutual_tls(end: End) -> AbstractAsyncContextManager[Labelled]:
    """Open a node over mutual TLS."""
    return _opened(end, Wallet(end.wallet, made=set(PARTIES)))


@asynccontextmanager
async def _opened(end: End, security: Security) -> AsyncIterator[Labelled]:
    party, peer = PARTIES[end.measures], PARTIES[not end.measures]
    places = {peer: end.theirs}
    config = config_of(party, end.mine, places, security, session={"timing": "asynchronous"})
    async with partywire.open_node(config) as node:
        await node.ready(timeout=PATIENCE)
        async with node.session("benchmark", labels=True) as session:
            yield Labelled(session, peer)
            await session.flush(timeout=PATIENCE)
