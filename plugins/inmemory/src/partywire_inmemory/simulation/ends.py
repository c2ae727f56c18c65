"""The two ends of a simulated connection: the channel that dials, and the guest that is served."""

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

import anyio

from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt
from partywire.delivery.hello import Hello, HelloAnswer, Welcome
from partywire.delivery.records import Batch, Receipt
from partywire.errors import Malformed, Rejected, TransportError, session_text
from partywire.identity import Identity
from partywire.inbox import Dismiss, Guest
from partywire.interfaces import Answered, Channel
from partywire.node.bell import Bell
from partywire_inmemory.simulation.connection import Connection
from partywire_inmemory.simulation.frames import (
    Frame,
    Kind,
    decode_hello,
    decode_welcome,
    encode_frame,
    encode_hello,
    encode_welcome,
)

_Answering = Callable[[], Awaitable[None]]


class SimulatedChannel(Channel):
    """The dialler's end of a connection."""

    def __init__(self, identity: Identity, connection: Connection) -> None:
        """Made by the transport, once the other end was judged."""
        self.identity = identity
        self._connection = connection
        self._stream = connection.out
        self._batches = 0
        self._waiting: deque[Answered] = deque()
        self._answers: dict[int, Receipt] = {}
        self._answered = 0
        self._hellos: deque[HelloAnswer] = deque()
        self._problem: TransportError | None = None
        self._over = anyio.Event()
        self._changed = Bell()

    async def greet(self, hello: Hello) -> HelloAnswer:
        """Send a step of the hello and wait for the answer."""
        self._raise_if_ended()
        self._stream.send(Kind.HELLO, encode_frame(Kind.HELLO, 0, encode_hello(hello)))
        while not self._hellos:
            await self._changed.wait()
            self._raise_if_ended()
        return self._hellos.popleft()

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        """Put a batch on its way, once there is room for it."""
        while not self.deliver_nowait(batch, answered):
            await self._changed.wait()

    def deliver_nowait(self, batch: Batch, answered: Answered) -> bool:
        """Put a batch on its way, where there is room for it."""
        self._raise_if_ended()
        if self._stream.full:
            return False
        self._waiting.append(answered)
        data = encode_frame(Kind.BATCH, self._batches, encode_batch(batch))
        self._batches += 1
        self._stream.send(Kind.BATCH, data, _sessions(batch))
        return True

    async def broken(self) -> TransportError:
        """Wait until the connection has ended, and return why."""
        while self._problem is None:
            await self._over.wait()
        return self._problem

    def arrived(self, frame: Frame) -> None:
        """Take an answer."""
        try:
            if frame.kind is Kind.RECEIPT:
                self._answer(frame.number, decode_receipt(frame.body))
            elif frame.kind is Kind.WELCOME:
                self._hellos.append(decode_welcome(frame.body))
            else:
                self._hellos.append(decode_hello(frame.body))
        except Malformed as error:
            self.ended(Rejected(self.identity.party, str(error)))
        self._changed.ring()

    def ended(self, problem: TransportError) -> None:
        """The connection is over."""
        if self._problem is None:
            self._problem = problem
            self._over.set()
            self._changed.ring()

    def has_room(self) -> None:
        """A batch may go."""
        self._changed.ring()

    def _answer(self, number: int, receipt: Receipt) -> None:
        """Hand receipts on in the order of their batches, each once."""
        if number >= self._answered:
            self._answers.setdefault(number, receipt)
        while self._answered in self._answers and self._problem is None:
            receipt = self._answers.pop(self._answered)
            self._answered += 1
            self._waiting.popleft()(receipt)

    def _raise_if_ended(self) -> None:
        if self._problem is not None:
            raise self._problem.again()


class ServerEnd:
    """The served end of a connection: it hands what comes to a guest, one frame after the other.

    What waits here counts as not taken, so that the stream bounds it.
    """

    def __init__(self, connection: Connection, arrive: Callable[[Dismiss], Guest]) -> None:
        """Let a caller in, by ``arrive``; raises what that raises."""
        self._connection = connection
        self._guest = arrive(self._refuse)
        self._frames: deque[Frame] = deque()
        self._busy = False

    def arrived(self, frame: Frame) -> None:
        """Take a frame."""
        self._frames.append(frame)
        if not self._busy:
            self._work()

    def ended(self, problem: TransportError) -> None:
        """The connection is over."""
        self._frames.clear()
        self._guest.leave()

    def _work(self) -> None:
        """Take frames, as long as that needs no waiting."""
        while self._frames:
            frame = self._frames.popleft()
            self._connection.taken(frame)
            try:
                answering = self._take(frame)
            except (TransportError, Malformed) as error:
                self._refuse(error)
                return
            group = self._connection.server.group
            if answering is not None and group is not None:
                self._busy = True
                group.start_soon(self._wait_for, answering)
                return

    def _take(self, frame: Frame) -> _Answering | None:
        """Answer a frame at once, or return what answers it and has to be awaited."""
        if frame.kind is Kind.HELLO:
            return partial(self._greet, decode_hello(frame.body))
        batch = decode_batch(frame.body)
        receipt = self._guest.accept_nowait(batch)
        if receipt is None:
            return partial(self._accept, frame.number, batch)
        self._answer(frame.number, receipt)
        return None

    async def _wait_for(self, answering: _Answering) -> None:
        try:
            await answering()
        except TransportError as error:
            self._refuse(error)
        self._busy = False
        self._work()

    async def _greet(self, step: Hello) -> None:
        answer = await self._guest.greet(step)
        if isinstance(answer, Welcome):
            kind, body = Kind.WELCOME, encode_welcome(answer)
        else:
            kind, body = Kind.HELLO, encode_hello(answer)
        self._connection.back.send(kind, encode_frame(kind, 0, body))

    async def _accept(self, number: int, batch: Batch) -> None:
        self._answer(number, await self._guest.accept(batch))

    def _answer(self, number: int, receipt: Receipt) -> None:
        data = encode_frame(Kind.RECEIPT, number, encode_receipt(receipt))
        sessions = {session_text(flow.session): 0 for flow in receipt.flows}
        self._connection.back.send(Kind.RECEIPT, data, sessions)

    def _refuse(self, error: TransportError | Malformed) -> None:
        self._frames.clear()
        self._connection.close(self._connection.server, f"refused: {error}", refused=True)


def _sessions(batch: Batch) -> dict[str, int]:
    """Return by session how many payload bytes a batch carries."""
    sizes = {session_text(control.session): 0 for control in batch.controls}
    for segment in batch.segments:
        name = session_text(segment.session)
        sizes[name] = sizes.get(name, 0) + sum(len(record.data) for record in segment.records)
    return sizes
