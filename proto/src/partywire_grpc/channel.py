"""The dialler's side of a connection: batches out, receipts back."""

import logging
from collections import deque
from typing import Final

import anyio
import grpc

from partywire.delivery.hello import Hello, HelloAnswer, Welcome
from partywire.delivery.records import Batch, Receipt
from partywire.errors import Malformed, Rejected, TransportError
from partywire.identity import Identity
from partywire.interfaces import Answered, Channel
from partywire_grpc.bridge import Bridge
from partywire_grpc.endings import Code, Ending, error_of
from partywire_grpc.frames import (
    Beat,
    Greeting,
    Succession,
    Successor,
    decode_frame,
    encode_batch_frame,
    encode_greeting,
    encode_successor,
)
from partywire_grpc.security import OtherEnd
from partywire_grpc.stream import Stream

_log = logging.getLogger("partywire")

QUEUE: Final = 2 << 20
"""Bytes of batches that wait to be written, at most, beside one more batch."""


class FastChannel(Channel):
    """One stream that this node has opened. It is the node's own side, and no part of gRPC."""

    identity: Identity

    def __init__(
        self,
        peer: str,
        bridge: Bridge,
        stream: Stream,
        *,
        shown: bytes,
        pace: float,
        silence: str,
    ) -> None:
        """Made by the transport.

        Args:
            peer: whom it leads to.
            bridge: to gRPC.
            stream: what it sends on.
            shown: SHA-256 of the certificate of ours that it shows; empty where none.
            pace: how often it wants to hear something, in seconds.
            silence: what it may mean that the server closes it and says nothing.
        """
        self._silence = silence
        self.peer: str = peer
        self.shown: bytes = shown
        self._bridge = bridge
        self._stream = stream
        self._pace = pace
        self._line = anyio.Lock()
        self._news = anyio.Event()
        self._room = anyio.Event()
        self._sizes: deque[int] = deque()
        self._queued = 0
        self._unanswered: deque[Answered] = deque()
        self._other: OtherEnd | None = None
        self._announcing = anyio.Lock()
        self._announced = self._admitted = False
        self._asked = False
        self._answer: HelloAnswer | None = None
        self._problem: TransportError | None = None
        stream.listener = self

    async def other_end(self) -> OtherEnd:
        """Wait for the server's answer to the call, and return what it shows of itself."""
        while self._other is None:
            await self._wait_for_news()
        return self._other

    async def greet(self, hello: Hello) -> HelloAnswer:
        """Send a step of the hello and return the answer."""
        self._raise_if_ended()
        self._asked, self._answer = True, None
        self._send(encode_greeting(Greeting(hello, self._pace)))
        return await self._answer_to_it()

    async def announce(self, certificate: bytes) -> bool:
        """Announce the certificate, in DER, of our next call; tell whether the server admits it.

        Raises `TransportError` where the connection ends before the answer.
        """
        async with self._announcing:
            await self._succession()  # of a call that was cancelled
            self._raise_if_ended()
            self._announced = True
            self._send(encode_successor(Successor(certificate)))
            await self._succession()
            return self._admitted

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        """Queue a batch once there is room; a call that is cancelled before has sent nothing."""
        async with self._line:
            self._raise_if_ended()
            while self._queued >= QUEUE:
                self._room = anyio.Event()
                await self._room.wait()
                self._raise_if_ended()
            self._put(batch, answered)

    def deliver_nowait(self, batch: Batch, answered: Answered) -> bool:
        """Queue a batch where there is room and nobody waits for it."""
        self._raise_if_ended()
        if self._queued >= QUEUE or self._line.locked():
            return False
        self._put(batch, answered)
        return True

    async def broken(self) -> TransportError:
        """Wait until the connection has ended, and return why."""
        while self._problem is None:
            await self._news.wait()
        return self._problem

    def hang_up(self, problem: TransportError, code: grpc.StatusCode = Code.CANCELLED) -> None:
        """End the connection; the first reason stays."""
        if self._problem is None:
            self._problem = problem
            self._unanswered.clear()
            self._bridge.to_wire(self._stream.end, Ending(code))
            self._room.set()
            self._ring()

    def answered(self, other: OtherEnd) -> None:
        """The server has answered the call, and shows itself."""
        self._other = other
        self._ring()

    def came(self, frame: bytes) -> None:
        """A frame of the peer."""
        if self._problem is not None:
            return
        try:
            self._take(frame)
        except Malformed as error:
            self.hang_up(Rejected(self.peer, str(error)), Code.INVALID_ARGUMENT)
        except Exception as error:
            _log.exception("the answer of %s failed", self.peer)
            problem = f"its answer failed here with {type(error).__name__}"
            self.hang_up(Rejected(self.peer, problem), Code.INTERNAL)
        self._bridge.to_wire(self._stream.handled, len(frame))

    def written(self) -> None:
        """A frame has left."""
        self._queued -= self._sizes.popleft()
        if self._queued < QUEUE:
            self._room.set()

    def ended(self, ending: Ending) -> None:
        """The stream is over."""
        silence = "" if self._other else self._silence
        self.hang_up(error_of(self.peer, ending, silence))

    def _take(self, frame: bytes) -> None:
        content = decode_frame(frame)
        if isinstance(content, Receipt) and self._unanswered:
            self._unanswered.popleft()(content)
        elif isinstance(content, Greeting | Welcome) and self._asked and self._answer is None:
            if isinstance(content, Greeting):
                self._bridge.to_wire(self._stream.beat_every, content.pace)
            self._answer = content.hello if isinstance(content, Greeting) else content
            self._ring()
        elif isinstance(content, Succession) and self._announced:
            self._announced, self._admitted = False, content.admitted
            self._ring()
        elif not isinstance(content, Beat):  # one of a later version; ours end at the stream
            raise Malformed("frame", "out of turn")

    def _put(self, batch: Batch, answered: Answered) -> None:
        self._unanswered.append(answered)
        self._send(encode_batch_frame(batch))

    def _send(self, frame: bytes) -> None:
        self._sizes.append(len(frame))
        self._queued += len(frame)
        self._bridge.to_wire(self._stream.send, frame)

    async def _answer_to_it(self) -> HelloAnswer:
        while self._answer is None:
            await self._wait_for_news()
        return self._answer

    async def _succession(self) -> None:
        while self._announced:
            await self._wait_for_news()

    async def _wait_for_news(self) -> None:
        self._raise_if_ended()
        await self._news.wait()

    def _ring(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    def _raise_if_ended(self) -> None:
        if self._problem is not None:
            raise self._problem.again()
