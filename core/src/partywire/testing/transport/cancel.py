"""Promises about calls that are cancelled."""

import anyio
from anyio.lowlevel import checkpoint

from partywire.delivery.codec import encode_batch
from partywire.delivery.limits import MIB
from partywire.errors import TransportError
from partywire.identity import Evidence, Identity
from partywire.interfaces import Judge
from partywire.session.lifetimes import background
from partywire.testing.samples import numbered, receipt_of
from partywire.testing.tasks import no_task_stays
from partywire.testing.transport.flood import Flood
from partywire.testing.transport.scene import Call, TransportScene
from partywire.testing.transport.stand import Stand

LAST = 1 << 32
"""The number of the batch after which a test looks."""
MANY = 64
"""More batches than a sound transport takes from a peer that answers nothing."""
MOMENTS = 12
"""At how many moments of its life a call is cancelled, one after another."""


class Cancelling(TransportScene):
    """A cancelled call leaves nothing half done."""

    async def test_a_cancelled_connect_leaves_nothing_behind(self) -> None:
        """At whatever moment: no task, no connection, and the next one can be made."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            async with no_task_stays():
                for turns in range(MOMENTS):
                    await _connect_for(here, turns)
                await _all_left(there)
            async with here.line("p2") as line:
                await line.deliver(numbered(1))
                await line.answered(1)

    async def test_a_connect_cancelled_by_its_judge_leaves_nothing_behind(self) -> None:
        """Between the evidence of the other end and the first byte of ours."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            async with no_task_stays():
                with anyio.CancelScope() as scope:
                    async with here.connect("p2", _cancelling(here, scope)):
                        await anyio.sleep_forever()
                await _all_left(there)

    async def test_a_cancelled_delivery_arrives_wholly_or_not_at_all(self) -> None:
        """The peer takes no part of a batch, and nothing out of turn."""
        async with self.call() as call:
            await _cancel_a_delivery(call, self.quiet)
            try:
                await call.line.deliver(numbered(LAST))
                taken = (await call.caller.took(LAST))[:-1]
            except TransportError:
                await call.caller.left.wait()
                taken = call.caller.numbers.all
            assert taken == list(range(len(taken))), "a batch is missing, or came twice"
            wanted = [encode_batch(numbered(number, MIB)) for number in taken]
            assert call.caller.taken[: len(taken)] == wanted, "part of a batch arrived"

    async def test_a_cancelled_delivery_leaves_the_channel_usable_or_broken(self) -> None:
        """The next batch is taken and answered, or the channel says that it is lost."""
        async with self.call() as call:
            await _cancel_a_delivery(call, self.quiet)
            try:
                await call.line.deliver(numbered(LAST))
            except TransportError:
                await call.line.channel.broken()
            else:
                last = receipt_of(numbered(LAST))
                await call.line.answers.wait_until(lambda answer: answer[1] == last)

    async def test_a_cancelled_wait_for_the_end_can_be_made_again(self) -> None:
        """`broken` loses nothing when it is cancelled, and neither does the connection."""
        async with self.call() as call:
            async with background() as group:
                group.start_soon(call.line.channel.broken)
                await anyio.wait_all_tasks_blocked()
            await call.line.deliver(numbered(1))
            await call.line.answered(1)
            await self.cut(call.scene.configs)
            await call.line.channel.broken()


async def _connect_for(here: Stand, turns: int) -> None:
    """Connect, and cancel that after so many turns of the event loop."""
    async with background() as group:
        group.start_soon(_stay_connected, here)
        for _ in range(turns):
            await checkpoint()


async def _stay_connected(here: Stand) -> None:
    async with here.connect("p2"):
        await anyio.sleep_forever()


async def _all_left(there: Stand) -> None:
    for caller in there.door.callers.all:
        await caller.left.wait()


def _cancelling(here: Stand, scope: anyio.CancelScope) -> Judge:
    def judge(evidence: Evidence) -> Identity:
        scope.cancel()
        return here.door.judge(evidence, "p2")

    return judge


async def _cancel_a_delivery(call: Call, quiet: float) -> None:
    """Deliver until a delivery waits, and cancel that one."""
    async with background() as group:
        call.there.door.stall("p1")
        flood = Flood(group, call.line, MANY)
        await flood.stopped(quiet)
        flood.scope.cancel()
        await flood.ended()
        call.there.door.resume("p1")
