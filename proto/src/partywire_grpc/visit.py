"""The server's side of a connection: batches in, receipts back."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import grpc

from partywire.delivery.hello import Welcome
from partywire.delivery.records import Batch, Receipt
from partywire.errors import Malformed, TransportError
from partywire.inbox import Dismiss, Guest
from partywire_grpc.bridge import Bridge
from partywire_grpc.endings import Code, Ending
from partywire_grpc.frames import (
    Beat,
    Greeting,
    Succession,
    Successor,
    decode_frame,
    encode_greeting,
    encode_receipt_frame,
    encode_succession,
    encode_welcome,
)
from partywire_grpc.refusals import Refusals
from partywire_grpc.stream import Stream
from partywire_grpc.succession import Successions

_log = logging.getLogger("partywire")


class Visit:
    """One stream that a peer has opened, and the guest that its frames go to.

    What is read ahead is bounded by the stream: a frame counts until the answer for it has left.
    """

    def __init__(
        self,
        arrive: Callable[[Dismiss], Guest],
        bridge: Bridge,
        stream: Stream,
        *,
        shown: bytes,
        pace: float,
        welcomed: Callable[["Visit"], None],
        admit: Callable[[str, bytes], Awaitable[bool]],
        refusals: Refusals,
    ) -> None:
        """Let a caller in; raises what ``arrive`` raises.

        Args:
            arrive: gives the core's side.
            bridge: to gRPC.
            stream: what the peer has opened.
            shown: SHA-256 of the certificate of ours that it was shown; empty where none.
            pace: how often it wants to hear something, in seconds.
            welcomed: is told once the caller has gone through the hello.
            admit: judges what a party will show next: a certificate, in DER.
            refusals: is told why the visit was ended by this node.
        """
        self._guest = arrive(self._dismissed)
        self.shown: bytes = shown
        self.party: str = self._guest.identity.party
        self._bridge = bridge
        self._stream = stream
        self._pace = pace
        self.welcome: bool = False
        self._welcomed = welcomed
        self._refusals = refusals
        self._sizes: deque[int] = deque()
        self._waiting: deque[Batch | Greeting] = deque()
        self._work = anyio.Event()
        self._scope = anyio.CancelScope()
        self._over = False
        self._successions = Successions(partial(admit, self.party), self._succession)
        stream.listener = self

    async def attend(self) -> None:
        """Do what takes time, until the visit is over."""
        try:
            with self._scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._successions.run)
                    await self._take_waiting()
        finally:
            self.end(Code.UNAVAILABLE)

    def came(self, frame: bytes) -> None:
        """A frame of the caller."""
        if self._over:
            return
        self._sizes.append(len(frame))
        with _Faults(self):
            self._take(frame)

    def written(self) -> None:
        """An answer has left."""
        self._bridge.to_wire(self._stream.handled, self._sizes.popleft())

    def ended(self, ending: Ending) -> None:
        """The stream is over."""
        self.end(ending.code)

    def end(self, code: grpc.StatusCode) -> None:
        """End the visit; its guest leaves."""
        if not self._over:
            self._over = True
            self._bridge.to_wire(self._stream.end, Ending(code))
            self._scope.cancel()
            self._guest.leave()

    def refuse(self, error: Exception) -> None:
        """Say why the visit ends now, unless it is over."""
        if self._over:
            return
        problem = error.problem if isinstance(error, TransportError) else error
        self._refusals.warn(self.party, f"ended a connection of {self.party}: {problem}")

    def _dismissed(self, _: TransportError) -> None:
        self.end(Code.UNAUTHENTICATED)

    def _take(self, frame: bytes) -> None:
        content = decode_frame(frame)
        if isinstance(content, Batch):
            receipt = None if self._waiting else self._guest.accept_nowait(content)
            if receipt is None:
                self._waiting.append(content)
                self._work.set()
            else:
                self._answer(receipt)
        elif isinstance(content, Greeting):
            self._waiting.append(content)
            self._work.set()
        elif isinstance(content, Beat):  # of a later version: ours end at the stream
            self._bridge.to_wire(self._stream.handled, self._sizes.pop())
        elif isinstance(content, Successor):
            self._successions.announce(content)
        else:
            raise Malformed("frame", "out of turn")

    async def _greet(self, greeting: Greeting) -> None:
        answer = await self._guest.greet(greeting.hello)
        self._bridge.to_wire(self._stream.beat_every, greeting.pace)
        if isinstance(answer, Welcome):
            frame = encode_welcome(answer)
            self.welcome = True
            self._welcomed(self)
        else:
            frame = encode_greeting(Greeting(answer, self._pace))
        self._bridge.to_wire(self._stream.send, frame)

    async def _take_waiting(self) -> None:
        """Answer what could not be answered at once, in the order in which it came."""
        while True:
            await self._work.wait()
            while self._waiting and not self._over:
                await self._take_first()
            self._work = anyio.Event()

    async def _take_first(self) -> None:
        """Answer what has waited longest; nothing that comes meanwhile passes it."""
        first = self._waiting[0]
        with _Faults(self):
            if isinstance(first, Greeting):
                await self._greet(first)
            else:
                self._answer(await self._guest.accept(first))
        self._waiting.popleft()

    def _answer(self, receipt: Receipt) -> None:
        self._bridge.to_wire(self._stream.send, encode_receipt_frame(receipt))

    def _succession(self, succession: Succession) -> None:
        self._bridge.to_wire(self._stream.send, encode_succession(succession))


class _Faults:
    """What is wrong with one visit ends that visit, and nothing else."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> bool:
        """End the visit with the code for the error; cancellation passes."""
        if not isinstance(error, Exception):
            return False
        if isinstance(error, Malformed):
            code = Code.INVALID_ARGUMENT
        elif isinstance(error, TransportError):
            code = Code.FAILED_PRECONDITION
        else:
            code = Code.INTERNAL
            _log.error("a visit of %s failed", self._visit.party, exc_info=error)
        if code is not Code.INTERNAL:
            self._visit.refuse(error)
        self._visit.end(code)
        return True
