"""MPyC's message exchanger: what its programs send and receive by, without TLS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import attrs
from mpyc.asyncoro import MessageExchanger

from benchmarks.wire.link import HOST, End, persistent

TURNS = 64
"""Messages between two turns of the event loop: sending alone never waits."""


@attrs.define
class Exchanger:
    """Messages by program counters that rise, as MPyC's own are."""

    protocol: MessageExchanger
    sent: int = 0
    received: int = 0

    async def send(self, data: bytes) -> None:
        self.protocol.send(self.sent, data)
        self.sent += 1
        if not self.sent % TURNS:
            await asyncio.sleep(0)

    async def receive(self) -> bytes:
        message = self.protocol.receive(self.received)
        self.received += 1
        data: bytes = await message if isinstance(message, asyncio.Future) else message
        return data


@asynccontextmanager
async def opened(end: End) -> AsyncIterator[Exchanger]:
    """Connect two exchangers as MPyC's runtime does: the client tells who it is."""
    loop = asyncio.get_running_loop()
    connected: asyncio.Future[MessageExchanger] = loop.create_future()
    runtime = SimpleNamespace(
        pid=int(end.measures),
        options=SimpleNamespace(no_prss=True),
        set_protocol=lambda _, protocol: connected.set_result(protocol),
        unset_protocol=lambda _: None,
        _loop=loop,
    )
    if end.measures:

        async def connect() -> None:
            await loop.create_connection(lambda: MessageExchanger(runtime, 0), HOST, end.theirs)

        await persistent(connect)
        yield Exchanger(await connected)
        (await connected).close_connection()
        return
    async with await loop.create_server(lambda: MessageExchanger(runtime), HOST, end.mine):
        yield Exchanger(await connected)
        (await connected).close_connection()
