"""A small transport over TCP: real sockets, real bytes, and a password for evidence.

The kit is proved on it: as it stands it keeps the whole contract, and each broken transport is
this one with a fault.

    frame: kind (1), size (4), body
"""

from __future__ import annotations

import ast
import socket
import struct
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import attrs
from anyio.streams.buffered import BufferedByteReceiveStream

from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt
from partywire.delivery.hello import Hello, HelloAnswer, Way, WayBack, Welcome
from partywire.errors import (
    PartywireError,
    TransportError,
    Unreachable,
)
from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.identity import WHO, Evidence, Identity
from partywire.interfaces import Answered, Channel, Judge, Transport
from partywire.session.lifetimes import background
from tests.conformance.passwords import PasswordVerifier, WireConfig, WirePeer, shown_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import TaskStatus

    from partywire.delivery.records import Batch, Receipt
    from partywire.inbox import Dismiss, Guest, Inbox

HEAD = struct.Struct("<cI")
MOST = 1 << 22
HERE = "127.0.0.1"
LOST = (OSError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


class Frames:
    """Frames over a stream; ``open`` are those of the whole process, as sockets are."""

    open: set[Frames] = set()  # noqa: RUF012

    def __init__(self, stream: anyio.abc.SocketStream, port: int) -> None:
        self.port = port
        self.stream = stream
        self._buffer = BufferedByteReceiveStream(stream)
        self._sending = anyio.Lock()
        Frames.open.add(self)

    async def send(self, kind: bytes, body: bytes) -> None:
        async with self._sending:
            await self.stream.send(HEAD.pack(kind, len(body)) + body)

    async def receive(self) -> tuple[bytes, bytes]:
        try:
            kind, size = HEAD.unpack(await self._buffer.receive_exactly(HEAD.size))
            if size > MOST:
                raise ConnectionError("a frame that is too large")
            return kind, await self._buffer.receive_exactly(size)
        except anyio.IncompleteRead:
            raise anyio.EndOfStream from None

    async def close(self) -> None:
        Frames.open.discard(self)
        with anyio.CancelScope(shield=True):
            await anyio.aclose_forcefully(self.stream)

    def cut(self) -> None:
        with suppress(OSError):
            raw = self.stream.extra(anyio.abc.SocketAttribute.raw_socket)  # noqa: S610
            raw.shutdown(socket.SHUT_RDWR)


class WireChannel(Channel):
    def __init__(self, peer: str, identity: Identity, frames: Frames) -> None:
        self.identity = identity
        self.peer = peer
        self.frames = frames
        self.problem: TransportError | None = None
        self.ended = anyio.Event()
        self.waiting: deque[Answered] = deque()
        self._greeting = anyio.create_memory_object_stream[HelloAnswer](1)

    async def greet(self, hello: Hello) -> HelloAnswer:
        await self.send(b"h", repr(attrs.astuple(hello)).encode())
        try:
            return await self._greeting[1].receive()
        except anyio.EndOfStream:
            raise self.reason() from None

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        data = encode_batch(batch)
        self.waiting.append(answered)
        await self.send(b"b", data)

    async def broken(self) -> TransportError:
        await self.ended.wait()
        return self.reason()

    async def send(self, kind: bytes, body: bytes) -> None:
        if self.problem is not None:
            raise self.reason()
        try:
            await self.frames.send(kind, body)
        except LOST:
            self.lose(Unreachable(self.peer, "the connection was lost"))
            raise self.reason() from None
        except BaseException:  # cancelled: half of a frame may have left
            self.lose(Unreachable(self.peer, "a delivery was cancelled"))
            raise

    async def read(self) -> None:
        """Take what comes back, until the connection ends."""
        try:
            while True:
                self.take(*await self.frames.receive())
        except (*LOST, PartywireError):
            self.lose(Unreachable(self.peer, "the connection was lost"))

    def take(self, kind: bytes, body: bytes) -> None:
        if kind == b"h":
            self._greeting[0].send_nowait(_answer(body))
        else:
            self.waiting.popleft()(decode_receipt(body))

    def lose(self, problem: TransportError) -> None:
        if self.problem is None:
            self.problem = problem
            self.ended.set()
            for end in self._greeting:
                end.close() if end is self._greeting[0] else None
            self.frames.cut()

    def reason(self) -> TransportError:
        assert self.problem is not None
        return self.problem.again()

    def close(self) -> None:
        self.lose(Unreachable(self.peer, "the connection was closed"))
        for end in self._greeting:
            end.close()


class WireTransport(Transport):
    channel = WireChannel

    def __init__(self, setting: Setting) -> None:
        self.party = setting.party
        self.config: WireConfig = setting.config
        self.peers: dict[str, WirePeer] = setting.peers

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        async with (
            await anyio.create_tcp_listener(
                local_host=HERE, local_port=self.config.port, reuse_port=True
            ) as listener,
            background() as group,
        ):
            task_status.started()
            await self.accept(listener, inbox, group)

    async def accept(self, listener: Any, inbox: Inbox, group: anyio.abc.TaskGroup) -> None:
        while True:
            stream = await listener.listeners[0].accept()
            group.start_soon(self.host, Frames(stream, self.config.port), inbox)

    async def host(self, frames: Frames, inbox: Inbox) -> None:
        """Hear one caller, to its end."""
        guest: Guest | None = None
        scope = anyio.CancelScope()
        try:
            await frames.send(b"e", self.evidence())
            with anyio.fail_after(5):
                shown = shown_in((await frames.receive())[1])
            guest = self.arrive(shown, inbox, lambda _: scope.cancel())
            with scope:
                while True:
                    await self.hear(guest, frames, *await frames.receive())
        except (*LOST, TimeoutError, PartywireError):
            return
        finally:
            if guest is not None:
                guest.leave()
            await self.close(frames)

    async def close(self, frames: Frames) -> None:
        await frames.close()

    def arrive(self, evidence: Evidence, inbox: Inbox, dismiss: Dismiss) -> Guest:
        return inbox.arrive(evidence, dismiss)

    async def hear(self, guest: Guest, frames: Frames, kind: bytes, body: bytes) -> None:
        if kind == b"h":
            answer = await guest.greet(Hello(*ast.literal_eval(body.decode())))
            await frames.send(b"h", repr(_fields(answer)).encode())
        else:
            receipt = await self.take(guest, decode_batch(body))
            await frames.send(b"r", encode_receipt(receipt))

    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        receipt = guest.accept_nowait(batch)
        return await guest.accept(batch) if receipt is None else receipt

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        port = self.peers[peer].port
        try:
            frames = Frames(await anyio.connect_tcp(HERE, port), port)
        except OSError as error:
            raise Unreachable(peer, f"nobody listens at port {port}") from error
        try:
            channel = await self.introduce(peer, judge, frames)
            try:
                async with background() as group:
                    group.start_soon(channel.read)
                    yield channel
            finally:
                channel.close()
        finally:
            await frames.close()

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        """Judge the other end, and then show what we are."""
        try:
            identity = judge(shown_in((await frames.receive())[1]))
            await frames.send(b"e", self.evidence())
        except LOST as error:
            raise Unreachable(peer, "the connection was lost") from error
        return self.channel(peer, identity, frames)

    def evidence(self) -> bytes:
        return repr((self.party, f"{HERE}:{self.config.port}", self.config.password)).encode()


class Wire:
    """The plugin, for any class of transports."""

    def __init__(self, transport: type[WireTransport] = WireTransport) -> None:
        self._transport = transport

    @hookimpl
    def register_transports(self) -> list[TransportDescriptor]:
        return [
            TransportDescriptor(
                name="wire",
                open=self._open,
                config=WireConfig,
                peer=WirePeer,
                verifier=PasswordVerifier,
                proves=frozenset({WHO}),
            )
        ]

    @asynccontextmanager
    async def _open(self, setting: Setting) -> AsyncIterator[Transport]:
        yield self._transport(setting)


def _fields(answer: HelloAnswer) -> tuple[object, ...]:
    if isinstance(answer, Hello):
        return attrs.astuple(answer)
    there = answer.way_back
    return answer.roster_agrees, there and (int(there.way), there.seconds), answer.proof


def _answer(body: bytes) -> HelloAnswer:
    fields = ast.literal_eval(body.decode())
    if len(fields) > 3:
        return Hello(*fields)
    agrees, there, proof = fields
    return Welcome(agrees, there and WayBack(Way(there[0]), there[1]), proof)
