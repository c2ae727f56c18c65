"""Transports that a cancelled call leaves in disorder."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from partywire.delivery.codec import encode_batch
from partywire.errors import Unreachable
from partywire.session.lifetimes import background
from partywire.testing.transport.cancel import Cancelling
from tests.conformance.running import Broken
from tests.conformance.wire import HERE, Frames, WireChannel, WireTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire.delivery.records import Batch
    from partywire.errors import TransportError
    from partywire.interfaces import Answered, Channel, Judge


class KeepsTheSocket(WireTransport):
    """A connect that is cancelled leaves its connection open."""

    kept: list[Frames] = []  # noqa: RUF012

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        port = self.peers[peer].port
        frames = Frames(await anyio.connect_tcp(HERE, port), port)
        self.kept.append(frames)
        channel = await self.introduce(peer, judge, frames)
        async with background() as group:
            group.start_soon(channel.read)
            yield channel
        channel.close()
        await frames.close()


class KeepsALock(WireTransport):
    """A delivery that was cancelled holds what the next one needs."""

    class channel(WireChannel):  # noqa: N801
        held = False

        async def deliver(self, batch: Batch, answered: Answered) -> None:
            if self.held:
                await anyio.sleep_forever()
            self.held = True
            self.waiting.append(answered)
            await self.frames.send(b"b", encode_batch(batch))
            self.held = False


class SendsAgain(WireTransport):
    """A delivery that was cancelled is made up for, and had left already."""

    class channel(WireChannel):  # noqa: N801
        again: Batch | None = None

        async def deliver(self, batch: Batch, answered: Answered) -> None:
            again, self.again = self.again, batch
            if again is not None:
                self.waiting.append(lambda _: None)
                await self.frames.send(b"b", encode_batch(again))
            self.waiting.append(answered)
            await self.frames.send(b"b", encode_batch(batch))
            self.again = None


class BreaksWithTheWait(WireTransport):
    """A wait for the end that is cancelled is one."""

    class channel(WireChannel):  # noqa: N801
        async def broken(self) -> TransportError:
            try:
                return await super().broken()
            finally:
                self.lose(Unreachable(self.peer, "nobody waits for the end"))


WHOLE = "test_a_cancelled_delivery_arrives_wholly_or_not_at_all"
USABLE = "test_a_cancelled_delivery_leaves_the_channel_usable_or_broken"

TABLE = [
    Broken(
        KeepsTheSocket,
        Cancelling,
        "test_a_cancelled_connect_leaves_nothing_behind",
        ["test_a_connect_cancelled_by_its_judge_leaves_nothing_behind"],
    ),
    Broken(KeepsALock, Cancelling, USABLE, [WHOLE]),
    Broken(SendsAgain, Cancelling, WHOLE),
    Broken(BreaksWithTheWait, Cancelling, "test_a_cancelled_wait_for_the_end_can_be_made_again"),
]
