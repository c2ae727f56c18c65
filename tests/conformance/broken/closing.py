"""Transports that do not know an end when they see one."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import trio

from partywire.delivery.records import Receipt
from partywire.errors import Rejected, Unreachable
from partywire.testing.transport.close import Closing
from tests.conformance.running import Broken
from tests.conformance.wire import Frames, WireChannel, WireTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire.delivery.records import Batch
    from partywire.errors import TransportError
    from partywire.inbox import Dismiss, Guest, Inbox
    from partywire.interfaces import Answered, Channel, Judge


class LetsErrorsOut(WireTransport):
    """What the operating system raises is not translated."""

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        try:
            async with super().connect(peer, judge) as channel:
                yield channel
        except Unreachable as error:
            raise ConnectionRefusedError from error


class NeverTells(WireTransport):
    class channel(WireChannel):  # noqa: N801
        async def broken(self) -> TransportError:
            await anyio.sleep_forever()
            raise AssertionError


class TellsOnce(WireTransport):
    class channel(WireChannel):  # noqa: N801
        told = False

        async def broken(self) -> TransportError:
            if self.told:
                await anyio.sleep_forever()
            error = await super().broken()
            self.told = True
            return error


class Swallows(WireTransport):
    """A delivery on a lost connection seems to work."""

    class channel(WireChannel):  # noqa: N801
        async def deliver(self, batch: Batch, answered: Answered) -> None:
            if self.problem is None:
                await super().deliver(batch, answered)


class WaitsForEver(WireTransport):
    """A delivery waits for its answer, whatever becomes of the connection."""

    class channel(WireChannel):  # noqa: N801
        async def deliver(self, batch: Batch, answered: Answered) -> None:
            done = anyio.Event()

            def come(receipt: Receipt) -> None:
                done.set()
                answered(receipt)

            await super().deliver(batch, come)
            await done.wait()


class ForgetsToLeave(WireTransport):
    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        guest = super().arrive(evidence, inbox, dismiss)
        guest.leave = lambda: None  # type: ignore[method-assign]
        return guest


class LeavesTooEarly(WireTransport):
    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        guest = super().arrive(evidence, inbox, dismiss)
        guest.leave()
        return guest


class AnswersAtTheEnd(WireTransport):
    """What was not answered is answered when the connection is left."""

    class channel(WireChannel):  # noqa: N801
        def close(self) -> None:
            super().close()
            for answered in self.waiting:
                answered(Receipt([], []))


class ConnectsOnce(WireTransport):
    def __init__(self, setting: Any) -> None:
        super().__init__(setting)
        self.connected: set[str] = set()

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        if peer in self.connected:
            raise Rejected(peer, "connected already")
        self.connected.add(peer)
        return await super().introduce(peer, judge, frames)


class Wraps(WireTransport):
    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        async with super().connect(peer, judge) as channel, anyio.create_task_group():
            yield channel


class LeaksUntilItCloses(WireTransport):
    """A task for each caller ends with the transport."""

    async def accept(self, listener: Any, inbox: Inbox, group: anyio.abc.TaskGroup) -> None:
        while True:
            stream = await listener.listeners[0].accept()
            group.start_soon(self.host, Frames(stream, self.config.port), inbox)
            group.start_soon(anyio.sleep_forever)


def leak() -> None:
    """Start a task that belongs to nobody."""
    loop = anyio.lowlevel.current_token().native_token
    if hasattr(loop, "create_task"):
        loop.create_task(anyio.sleep_forever())
    else:
        trio.lowlevel.spawn_system_task(anyio.sleep_forever)


class Leaks(WireTransport):
    """A task stays when the transport is closed."""

    async def serve(self, inbox: Inbox, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        leak()
        await super().serve(inbox, task_status=task_status)


CUT = "test_broken_tells_that_the_connection_was_cut"
AGAIN = "test_broken_tells_again"
LEFT = "test_the_guest_learns_that_the_caller_left"
LATE = "test_nothing_is_answered_after_the_caller_left"

TABLE = [
    Broken(LetsErrorsOut, Closing, "test_nobody_there_is_unreachable"),
    Broken(
        NeverTells,
        Closing,
        CUT,
        [
            AGAIN,
            "test_broken_tells_that_the_other_end_stopped",
            "test_a_lost_connection_takes_nothing",
            "test_a_connection_can_be_made_again",
        ],
    ),
    Broken(TellsOnce, Closing, AGAIN),
    Broken(Swallows, Closing, "test_a_lost_connection_takes_nothing"),
    Broken(WaitsForEver, Closing, "test_a_delivery_that_waits_ends_with_its_connection", [LATE]),
    Broken(ForgetsToLeave, Closing, LEFT, ["test_the_guest_learns_that_the_connection_was_cut"]),
    Broken(LeavesTooEarly, Closing, LEFT),
    Broken(AnswersAtTheEnd, Closing, LATE),
    Broken(ConnectsOnce, Closing, "test_a_connection_can_be_made_again", [LATE]),
    Broken(Wraps, Closing, "test_an_exception_leaves_the_connection_as_itself"),
    Broken(LeaksUntilItCloses, Closing, "test_a_caller_that_left_leaves_no_task"),
    Broken(Leaks, Closing, "test_a_closed_transport_leaves_no_task"),
]
