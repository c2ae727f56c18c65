"""One party of a transport's test, and a connection that it made."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import anyio
import attrs
from anyio.abc import TaskGroup, TaskStatus

from partywire.delivery.hello import Hello
from partywire.delivery.records import Batch, Receipt
from partywire.identity import Evidence, Identity
from partywire.interfaces import Channel, Judge, Transport
from partywire.setting import Setting
from partywire.testing import samples
from partywire.testing.door import Arrivals, Door


class Line:
    """A connection that a party made, the answers that came, and how often something was sent.

    Attributes:
        answers: for each answer, which delivery it was for (from 0), and the receipt.
    """

    def __init__(self, channel: Channel) -> None:
        """Send by that channel."""
        self.channel: Channel = channel
        self.answers: Arrivals[tuple[int, Receipt]] = Arrivals()
        self._sent = 0

    async def greet(self) -> None:
        """Go through the hello."""
        second = await self.channel.greet(samples.FIRST_STEP)
        assert isinstance(second, Hello), "the second step of the hello is a hello"
        third = attrs.evolve(samples.FIRST_STEP, nonce=b"", echo=second.nonce)
        await self.channel.greet(third)

    async def deliver(self, batch: Batch) -> None:
        """Deliver a batch."""
        number, self._sent = self._sent, self._sent + 1
        await self.channel.deliver(batch, partial(self._answered, number))

    def deliver_nowait(self, batch: Batch) -> bool:
        """Deliver a batch at once, or not at all."""
        if self.channel.deliver_nowait(batch, partial(self._answered, self._sent)):
            self._sent += 1
            return True
        return False

    async def answered(self, count: int) -> list[tuple[int, Receipt]]:
        """Wait until delivery ``count`` (from 1) was answered, and return all answers."""
        await self.answers.wait_until(lambda answer: answer[0] == count - 1)
        return list(self.answers.all)

    def _answered(self, number: int, receipt: Receipt) -> None:
        self.answers.add((number, receipt))


class Stand:
    """One party: an open transport, and the door that it serves."""

    def __init__(
        self, setting: Setting, transport: Transport, door: Door, group: TaskGroup
    ) -> None:
        """Serve in a task of ``group``, once told to."""
        self.party: str = setting.party
        self.setting: Setting = setting
        self.transport: Transport = transport
        self.door: Door = door
        self._group = group
        self._serving: anyio.CancelScope | None = None
        self._stopped = anyio.Event()

    async def serve(self) -> None:
        """Let callers come in, and return once they can."""
        self._serving, self._stopped = anyio.CancelScope(), anyio.Event()
        await self._group.start(self._serve)

    async def stop(self) -> None:
        """Let nobody come in any more, and return once it has ended."""
        if self._serving is not None:
            self._serving.cancel()
            await self._stopped.wait()

    def connect(
        self, peer: str, judge: Judge | None = None
    ) -> AbstractAsyncContextManager[Channel]:
        """Connect to a peer, which is judged as a node does unless there is another judge."""
        return self.transport.connect(peer, judge or self.judge_of(peer))

    def judge_of(self, peer: str) -> Judge:
        """Return what judges the evidence of a peer."""

        def judge(evidence: Evidence) -> Identity:
            return self.door.judge(evidence, peer)

        return judge

    @asynccontextmanager
    async def line(self, peer: str) -> AsyncIterator[Line]:
        """Connect to a peer and go through the hello."""
        async with self.connect(peer) as channel:
            line = Line(channel)
            await line.greet()
            yield line

    async def _serve(self, *, task_status: TaskStatus[None]) -> None:
        assert self._serving is not None
        try:
            with self._serving:
                await self.transport.serve(self.door, task_status=task_status)
        finally:
            self._stopped.set()
