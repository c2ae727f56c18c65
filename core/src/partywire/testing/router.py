"""The contract of a session router."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from partywire.delivery.records import Abort, Batch, Fin, Open, Receipt
from partywire.errors import Rejected
from partywire.interfaces import SessionRouter
from partywire.session.lifetimes import background
from partywire.testing.desk import SESSION, Desk, desk, identity, open_early
from partywire.testing.single_messages import SingleMessages
from partywire.testing.tasks import no_task_left

Call = Callable[[], Coroutine[Any, Any, Receipt]]

MANY = 20
MOMENTS = 8
"""At how many moments of its life a call is cancelled, one after another."""


class RouterContract(SingleMessages):
    """What a session router promises, one test for each promise.

    Behind it is the built-in router of a node with a session, and peers that send to it.
    """

    async def test_what_it_takes_reaches_the_session(self) -> None:
        """Every message is in the mailbox, in the order of sending."""
        payloads = [b"%d" % number for number in range(MANY)]
        at = desk(SESSION)
        async with self.router(at.local) as router:
            await _carry(router, at, "p1", *payloads)
            assert at.came("p1") == payloads

    async def test_the_sender_is_the_identity(self) -> None:
        """What two peers send to one session stays apart."""
        at = desk(SESSION)
        async with self.router(at.local) as router:
            await _carry(router, at, "p1", b"of p1")
            await _carry(router, at, "p3", b"of p3")
            assert (at.came("p1"), at.came("p3")) == ([b"of p1"], [b"of p3"])

    async def test_every_segment_and_every_open_is_answered(self) -> None:
        """One entry for each, in their order; the sender checks it as a node does."""
        at = desk(SESSION, 2, 3)
        async with self.router(at.local) as router:
            for flight in at.send("p1", b"a"):
                receipt = await router.accept(identity("p1"), flight.batch)
                assert _answered(receipt) == _asked(flight.batch)
                at.answered("p1", flight, receipt)

    async def test_its_answers_are_those_of_the_sessions(self) -> None:
        """As the built-in router gives them: early, open, ended, repeated, stale, unknown."""
        at, twin = desk(SESSION), desk(SESSION)
        for each in (at, twin):
            open_early(each, 9)
        async with self.router(at.local) as router:
            for batch in _all_kinds(at):
                receipt = await router.accept(identity("p1"), batch)
                assert receipt == await twin.local.accept(identity("p1"), batch)

    async def test_what_was_answered_was_taken(self) -> None:
        """When `accept` returns, the messages are there."""
        at = desk(SESSION)
        async with self.router(at.local) as router:
            for count, flight in enumerate(at.send("p1", *[b"x"] * MANY), 1):
                receipt = await router.accept(identity("p1"), flight.batch)
                assert len(at.came("p1")) == receipt.flows[0].number == count

    async def test_accept_nowait_takes_all_or_nothing(self) -> None:
        """Where it returns None, nothing was taken, and `accept` takes the batch."""
        for waits in (False, True):
            at = desk(SESSION)
            at.local.waits = waits
            async with self.router(at.local) as router:
                for flight in at.send("p1", b"x", b"y"):
                    before = at.came("p1")
                    receipt = router.accept_nowait(identity("p1"), flight.batch)
                    if receipt is None:
                        assert at.came("p1") == before, "None, and a message was taken"
                        receipt = await router.accept(identity("p1"), flight.batch)
                    assert at.came("p1") != before, "answered, and nothing was taken"
                    at.answered("p1", flight, receipt)

    async def test_what_comes_again_is_taken_once(self) -> None:
        """And is answered again."""
        at = desk(SESSION)
        async with self.router(at.local) as router:
            for flight in at.send("p1", b"x", b"y"):
                first = await router.accept(identity("p1"), flight.batch)
                assert _answered(await router.accept(identity("p1"), flight.batch)) == (
                    _answered(first)
                )
            assert at.came("p1") == [b"x", b"y"]

    async def test_a_cancelled_batch_is_taken_wholly_or_not_at_all(self) -> None:
        """At whatever moment; and when it comes again, it is taken once."""
        for moment in range(MOMENTS):
            for call_off in (_after_turns, _after_batches):
                at = desk(SESSION, 2)
                batch = _joined(at)
                async with self.router(at.local) as router:
                    await call_off(at, moment, partial(router.accept, identity("p1"), batch))
                    taken = [at.came("p1"), at.came("p1", 2)]
                    assert taken in ([[], []], [[b"x"], [b"y"]]), "half of a batch was taken"
                    with anyio.fail_after(self.patience):
                        await router.accept(identity("p1"), batch)
                    assert [at.came("p1"), at.came("p1", 2)] == [[b"x"], [b"y"]]

    async def test_one_peer_waits_for_no_other(self) -> None:
        """While one peer's batch waits, another's is taken."""
        at = desk(SESSION)
        at.local.held["p1"] = anyio.Event()
        async with self.router(at.local) as router, background() as group:
            (stuck,) = at.send("p1", b"x")
            group.start_soon(router.accept, identity("p1"), stuck.batch)
            await anyio.wait_all_tasks_blocked()
            with anyio.fail_after(self.patience):
                await _carry(router, at, "p3", b"y")
            assert at.came("p3") == [b"y"]

    async def test_a_rejection_passes(self) -> None:
        """`Rejected`, of the sessions or its own, ends the connection: it is not swallowed."""
        at = desk(SESSION)
        at.local.rejects = True
        async with self.router(at.local) as router:
            (flight,) = at.send("p1", b"x")
            with pytest.raises(Rejected):
                await router.accept(identity("p1"), flight.batch)

    async def test_it_leaves_no_task(self) -> None:
        """When it was closed, nothing of it runs."""
        at = desk(SESSION)
        async with no_task_left(), self.router(at.local) as router:
            await _carry(router, at, "p1", b"x")


async def _carry(router: SessionRouter, at: Desk, party: str, *payloads: bytes) -> None:
    for flight in at.send(party, *payloads):
        at.answered(party, flight, await router.accept(identity(party), flight.batch))


async def _after_turns(_at: Desk, turns: int, call: Call) -> None:
    """Call, and cancel that after so many turns of the event loop."""
    async with background() as group:
        group.start_soon(call)
        for _ in range(turns):
            await checkpoint()


async def _after_batches(at: Desk, batches: int, call: Call) -> None:
    """Call, and cancel that once the sessions have taken so many batches more than one."""
    left = iter(range(batches))

    def taken() -> None:
        """Once the scope is left, cancelling it again does nothing."""
        if next(left, None) is None:
            scope.cancel()

    at.local.taken = taken
    with anyio.CancelScope() as scope:
        await call()


def _asked(batch: Batch) -> tuple[list[int], list[int]]:
    opens = [control.session for control in batch.controls if isinstance(control, Open)]
    return opens, [segment.session for segment in batch.segments]


def _answered(receipt: Receipt) -> tuple[list[int], list[int]]:
    return [each.session for each in receipt.opens], [each.session for each in receipt.flows]


def _joined(at: Desk) -> Batch:
    """Return one batch with a message for each of two sessions."""
    (first,), (second,) = at.send("p1", b"x"), at.send("p1", b"y", session=2)
    return Batch(
        first.batch.sender,
        first.batch.receiver,
        first.batch.controls + second.batch.controls,
        first.batch.segments + second.batch.segments,
    )


def _all_kinds(at: Desk) -> list[Batch]:
    """Return batches that are answered in every way there is."""
    sent = [flight.batch for flight in at.send("p1", b"x", b"y")]
    early = [flight.batch for flight in at.send("p1", b"z", session=9)]
    first, last = sent[0], sent[-1]
    stale = Batch(first.sender, b"an earlier life.", [], first.segments)
    unknown = Batch(first.sender, first.receiver, [], [])
    gap = Batch(first.sender, first.receiver, [], last.segments)
    ends = Batch(first.sender, first.receiver, [Fin(SESSION, 2), Abort(9, "done")], [])
    return [gap, *early, stale, *sent, first, unknown, ends, last, *early]
