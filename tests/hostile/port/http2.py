"""HTTP/2 and gRPC by hand, so that every byte of it can be wrong.

frame: size (3), kind (1), flags (1), stream (4), body
message of gRPC, within DATA: compressed (1), size (4), body
"""

from __future__ import annotations

import re
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.tls import TLSStream

from partywire_grpc.service import PARTY

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterable

    from anyio.abc import ByteStream

HOST: Final = "127.0.0.1"
PATH: Final = "/partywire.fast.FastWire/Connect"
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING = 0, 1, 3, 4, 6
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_TABLE: Final = struct.pack(">HI", 1, 0)
"""A setting: headers that come back are whole, and refer to none before."""
BROKEN: Final = (
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    anyio.IncompleteRead,
)
STATUS: Final = re.compile(rb"grpc-status[\x01\x02](\d{1,2})")


def frame(kind: int, flags: int = 0, stream: int = 0, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, flags, stream) + body


def fields(pairs: dict[str, str]) -> bytes:
    """Headers as literals that nobody indexes."""
    return b"".join(
        bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in pairs.items()
    )


def call(party: str, stream: int = 1, path: str = PATH, **others: str) -> bytes:
    """The headers of a call, as a party."""
    pairs = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "p1",
        "te": "trailers",
        "content-type": "application/grpc",
        PARTY: party,
    }
    for name, value in others.items():
        pairs[name.replace("_", "-")] = value
    return frame(HEADERS, END_HEADERS, stream, fields(pairs))


def message(body: bytes, *, compressed: int = 0, announced: int | None = None) -> bytes:
    """A message of gRPC; ``announced`` is what it says of its size."""
    size = len(body) if announced is None else announced
    return struct.pack(">BI", compressed, size) + body


def data(body: bytes, stream: int = 1, flags: int = 0) -> bytes:
    """DATA frames of at most 16 KiB."""
    pieces = [body[at : at + 16384] for at in range(0, len(body), 16384)] or [b""]
    last = len(pieces) - 1
    return b"".join(
        frame(DATA, flags if number == last else 0, stream, piece)
        for number, piece in enumerate(pieces)
    )


class Raider:
    """A connection to a port, of somebody who means no good."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._came = BufferedByteReceiveStream(stream)
        self._messages = b""

    async def send(self, piece: bytes) -> bool:
        """Send bytes, and return whether they went out: not where the other end has hung up."""
        try:
            await self._stream.send(piece)
        except BROKEN:
            return False
        return True

    async def flood(self, pieces: Iterable[bytes]) -> int:
        """Send until the other end hangs up, and return how many bytes went out."""
        sent = 0
        for piece in pieces:
            if not await self.send(piece):
                break
            sent += len(piece)
        return sent

    async def opens(self, party: str = "mallory", path: str = PATH, **others: str) -> None:
        """Say all that begins a call."""
        settings = frame(SETTINGS, 0, 0, NO_TABLE) + frame(SETTINGS, ACK)
        await self.send(PREFACE + settings + call(party, 1, path, **others))

    async def frame(self) -> tuple[int, bytes]:
        """Wait for the next frame; raises one of `BROKEN` at the end."""
        head = await self._came.receive_exactly(9)
        return head[3], await self._came.receive_exactly(int.from_bytes(head[:3], "big"))

    async def message(self) -> bytes:
        """Wait for the next message of gRPC."""
        while not self._whole():
            kind, body = await self.frame()
            if kind == DATA:
                self._messages += body
        size = self._size()
        body, self._messages = self._messages[5 : 5 + size], self._messages[5 + size :]
        return body

    async def status(self) -> int | None:
        """Wait for the end, and return the status of gRPC, or None where there is none."""
        try:
            while True:
                kind, body = await self.frame()
                found = STATUS.search(body) if kind == HEADERS else None
                if found is not None:
                    return int(found[1])
        except BROKEN:
            return None

    def _size(self) -> int:
        return int.from_bytes(self._messages[1:5], "big")

    def _whole(self) -> bool:
        return len(self._messages) >= 5 and len(self._messages) >= 5 + self._size()


@asynccontextmanager
async def raider(port: int, context: ssl.SSLContext | None = None) -> AsyncIterator[Raider]:
    """Connect to a port; over TLS where a context is given."""
    async with await anyio.connect_tcp(HOST, port) as stream:
        if context is None:
            yield Raider(stream)
            return
        yield Raider(
            await TLSStream.wrap(
                stream, server_side=False, ssl_context=context, standard_compatible=False
            )
        )
