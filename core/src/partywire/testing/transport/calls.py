"""A connection for single calls, and a call on it that waits at the other end."""

from typing import Final

import anyio
import attrs
from anyio.abc import TaskGroup

from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import TransportError
from partywire.interfaces import UnaryChannel
from partywire.testing.door import Caller
from partywire.testing.transport.stand import Stand

WAITS: Final = Tag(1, "p1", 0)
"""Of the message that waits."""
GOES_ON: Final = Tag(2, "p1", 0)
"""Of others."""


class Waiting:
    """A call that waits for the guest over there, and how it ends."""

    def __init__(self, channel: UnaryChannel) -> None:
        """Prepare."""
        self._channel = channel
        self._answer = Status.ACTIVE
        self._go = anyio.Event()
        self._outcome: Status | TransportError = Status.ACTIVE
        self._ended = anyio.Event()

    async def run(self) -> None:
        """Make it."""
        try:
            self._outcome = await self._channel.send(WAITS, b"waits")
        except TransportError as error:
            self._outcome = error
        self._ended.set()

    async def say(self, tag: Tag) -> Status:
        """Answer for the guest: at once, but for the message that waits."""
        if tag != WAITS:
            return Status.ACTIVE
        await self._go.wait()
        return self._answer

    def answer(self, status: Status) -> None:
        """Have the guest answer."""
        assert not self._ended.is_set(), "the call has ended without an answer"
        self._answer = status
        self._go.set()

    async def outcome(self) -> Status | TransportError:
        """Wait for its end, and return what was answered or raised."""
        await self._ended.wait()
        return self._outcome


@attrs.frozen
class Pair:
    """A connection of ``here`` to ``there``, by which calls are made."""

    here: Stand
    there: Stand
    channel: UnaryChannel

    async def caller(self) -> Caller:
        """Wait until the other end knows who calls."""
        return await self.there.door.caller("p1")

    async def waiting(self, group: TaskGroup) -> Waiting:
        """Make a call in ``group`` that waits at the other end, and return once it does."""
        call = Waiting(self.channel)
        self.there.door.say = call.say
        group.start_soon(call.run)
        caller = await self.caller()
        await caller.messages.wait_until(lambda message: message[0] == WAITS)
        return call
