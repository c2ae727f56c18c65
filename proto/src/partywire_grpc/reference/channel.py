"""The caller's side of the reference wire: one call for each message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio

from partywire.delivery.records import Status
from partywire.delivery.tags import Tag, encode_sender, encode_tag
from partywire.errors import Rejected, TransportError, Unreachable
from partywire.identity import Identity
from partywire.interfaces import UnaryChannel
from partywire_grpc.addresses import Address
from partywire_grpc.bridge import Bridge
from partywire_grpc.endings import Code, Ending
from partywire_grpc.reference.line import Line
from partywire_grpc.reference.requests import LARGEST, encode_request
from partywire_grpc.reference.service import Method
from partywire_grpc.reference.statuses import refusal_of, status_of
from partywire_grpc.security import Approach


class ReferenceChannel(UnaryChannel):
    """One connection that this node makes. It is the node's own side, and no part of gRPC."""

    identity: Identity

    def __init__(
        self, identity: Identity, own: str, bridge: Bridge, approach: Approach, *, silence: str
    ) -> None:
        """Made by the transport.

        Args:
            identity: of the peer that it leads to.
            own: this node's party, as health checks name it.
            bridge: to gRPC.
            approach: how that peer is called.
            silence: what it may mean that the server closes it and says nothing.
        """
        self.identity = identity
        self.peer: str = identity.party
        self.shown: bytes = approach.shown
        self._own = own
        self._bridge = bridge
        self._silence = silence
        self._problem: TransportError | None = None
        self._loss: TransportError | None = None
        self._calls = 0
        self._news = anyio.Event()
        self._stands = False
        self._line = Line(
            approach, partial(bridge.to_node, self._stood), partial(bridge.to_node, self._lost)
        )

    @asynccontextmanager
    async def connected(self, address: Address) -> AsyncIterator[None]:
        """Let calls be made within the block, which begins once the connection stands.

        Raises `Unreachable` where none is to be had.
        """
        job = self._bridge.start(partial(self._line.run, address))
        try:
            while not self._stands:
                self._raise_if_ended()
                await self._news.wait()
            yield
        finally:
            self.hang_up(Unreachable(self.peer, "the connection was closed"))
            await job.finish()

    async def send(self, tag: Tag, payload: bytes) -> Status:
        """Send one value and return what the peer says of it."""
        answer = await self._call(Method.SEND, encode_request(encode_tag(tag), payload))
        return status_of(self.peer, answer) if isinstance(answer, bytes) else answer

    async def check(self, payload: bytes = b"") -> None:
        """Ask whether the peer is there."""
        answer = await self._call(Method.CHECK, encode_request(encode_sender(self._own), payload))
        if not isinstance(answer, bytes):
            raise Unreachable(self.peer, f"answers a health check with {answer.name}")

    async def broken(self) -> TransportError:
        """Wait until the connection is lost, and return why."""
        while self._problem is None:
            await self._news.wait()
        return self._problem.again()

    def hang_up(self, problem: TransportError) -> None:
        """End the connection; the first reason stays."""
        if self._problem is None:
            self._problem = self._loss = problem
            self._ring()

    async def _call(self, method: Method, request: bytes) -> bytes | Status:
        """Return the answer to a call, or what its code says of the session."""
        if self._loss is not None:
            raise self._loss.again()
        if len(request) > LARGEST:
            raise Rejected(self.peer, f"no request of this wire has {len(request)} bytes")
        self._calls += 1
        try:
            answer = await self._bridge.run(partial(self._line.call, method, request))
        finally:
            self._calls -= 1
            self._end_if_lost()
        if isinstance(answer, bytes):
            return answer
        refusal = refusal_of(self.peer, answer or Ending(Code.CANCELLED))
        if isinstance(refusal, Status):
            return refusal
        raise refusal

    def _stood(self) -> None:
        self._stands = True
        self._ring()

    def _lost(self) -> None:
        """Make no calls any more; a server that closes still answers those that it has."""
        lost = "the connection is lost" if self._stands else f"cannot be called; {self._silence}"
        self._loss = self._loss or Unreachable(self.peer, lost)
        self._end_if_lost()

    def _end_if_lost(self) -> None:
        if self._loss is not None and not self._calls:
            self.hang_up(self._loss)

    def _ring(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    def _raise_if_ended(self) -> None:
        if self._problem is not None:
            raise self._problem.again()
