"""Sockets with nothing around them but a length before each message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import attrs

from benchmarks.wire.link import HOST, End, persistent

LENGTH = 4


@attrs.frozen
class Stream:
    """A reader and a writer of asyncio."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(len(data).to_bytes(LENGTH, "little"))
        self.writer.write(data)
        await self.writer.drain()

    async def receive(self) -> bytes:
        length = await self.reader.readexactly(LENGTH)
        return await self.reader.readexactly(int.from_bytes(length, "little"))


@asynccontextmanager
async def opened(end: End) -> AsyncIterator[Stream]:
    """Connect to the end that answers, which listens."""
    if end.measures:
        reader, writer = await persistent(partial(asyncio.open_connection, HOST, end.theirs))
        yield Stream(reader, writer)
        writer.close()
        return
    connected: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set_result(Stream(reader, writer))

    async with await asyncio.start_server(accept, HOST, end.mine):
        stream = await connected
        yield stream
        stream.writer.close()
