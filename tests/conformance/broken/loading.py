"""Transports that hold too much, wait for the wrong one, or block."""

from __future__ import annotations

import math
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from partywire.delivery.codec import encode_batch
from partywire.session.lifetimes import background
from partywire.testing.samples import receipt_of
from partywire.testing.transport.load import Loading
from tests.conformance.running import Broken
from tests.conformance.wire import Frames, WireChannel, WireTransport

if TYPE_CHECKING:
    from partywire.delivery.records import Batch, Receipt
    from partywire.inbox import Guest, Inbox
    from partywire.interfaces import Answered


class SendsWithoutBound(WireTransport):
    """`deliver` puts the batch into a queue without an end."""

    class channel(WireChannel):  # noqa: N801
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.queue: deque[bytes] = deque()
            self.more = anyio.Event()

        async def deliver(self, batch: Batch, answered: Answered) -> None:
            self.waiting.append(answered)
            self.queue.append(encode_batch(batch))
            self.more.set()
            await anyio.lowlevel.checkpoint()

        async def read(self) -> None:
            async with background() as group:
                group.start_soon(self.write)
                await super().read()

        async def write(self) -> None:
            while True:
                while self.queue:
                    await self.frames.send(b"b", self.queue.popleft())
                self.more = anyio.Event()
                await self.more.wait()


class ReadsWithoutBound(WireTransport):
    """The server reads on while its router has not answered."""

    def __init__(self, setting: Any) -> None:
        super().__init__(setting)
        self.queues: dict[Frames, Any] = {}

    async def host(self, frames: Frames, inbox: Inbox) -> None:
        queue = self.queues[frames] = anyio.create_memory_object_stream[Any](math.inf)
        with queue[0], queue[1]:
            async with background() as group:
                group.start_soon(self.answer, frames)
                await super().host(frames, inbox)

    async def hear(self, guest: Guest, frames: Frames, kind: bytes, body: bytes) -> None:
        await self.queues[frames][0].send((guest, frames, kind, body))

    async def answer(self, frames: Frames) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async for given in self.queues[frames][1]:
                await super().hear(*given)


class LosesPatience(WireTransport):
    """What the router does not take soon is gone, and answered."""

    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        with anyio.move_on_after(0.001):
            return await super().take(guest, batch)
        return receipt_of(batch)


class OneForAll(WireTransport):
    """One router that waits stops what comes from others."""

    def __init__(self, setting: Any) -> None:
        super().__init__(setting)
        self.lock = anyio.Lock()

    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        async with self.lock:
            return await super().take(guest, batch)


class AnswersWhenItHasSent(WireTransport):
    """Nothing is heard while a delivery of ours waits for its answer."""

    sending = 0

    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        while self.sending:  # noqa: ASYNC110
            await anyio.sleep(0.001)
        return await super().take(guest, batch)

    async def introduce(self, *given: Any) -> WireChannel:
        transport = self

        class Waiting(WireChannel):
            async def deliver(self, batch: Batch, answered: Answered) -> None:
                done = anyio.Event()

                def come(receipt: Receipt) -> None:
                    transport.sending -= 1
                    done.set()
                    answered(receipt)

                transport.sending += 1
                await super().deliver(batch, come)
                await done.wait()

        self.channel = Waiting
        return await super().introduce(*given)


class FewSeats(WireTransport):
    """Four callers find room."""

    def __init__(self, setting: Any) -> None:
        super().__init__(setting)
        self.seats = anyio.Semaphore(4)

    async def host(self, frames: Frames, inbox: Inbox) -> None:
        async with self.seats:
            await super().host(frames, inbox)


class Blocks(WireTransport):
    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        time.sleep(0.0001)  # noqa: ASYNC251
        return await super().take(guest, batch)


BOUND = "test_a_peer_that_does_not_answer_stops_the_sender"
CROWD = "test_many_parties_may_call_at_once"

TABLE = [
    Broken(SendsWithoutBound, Loading, BOUND),
    Broken(ReadsWithoutBound, Loading, BOUND),
    Broken(LosesPatience, Loading, "test_a_sender_that_was_stopped_goes_on", [BOUND]),
    Broken(OneForAll, Loading, "test_a_stopped_peer_stops_nobody_else"),
    Broken(AnswersWhenItHasSent, Loading, "test_both_ends_may_be_full_at_once", [CROWD]),
    Broken(FewSeats, Loading, CROWD),
    Broken(Blocks, Loading, "test_the_event_loop_is_not_blocked", only="asyncio"),
]
