"""Routers with a fault each."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ClassVar

import anyio
import attrs

from partywire.delivery.records import Batch, Receipt, Status
from partywire.errors import Rejected
from partywire.interfaces import SessionRouter
from partywire.testing import RouterContract
from partywire.testing.desk import identity
from tests.conformance.broken.closing import leak
from tests.conformance.running import Broken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire.delivery.tags import Tag
    from partywire.identity import Identity


class Through(SessionRouter):
    """A sound one: it leaves everything to the built-in router."""

    def __init__(self, local: SessionRouter) -> None:
        self.local = local

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        return await self.local.accept(identity, batch)

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt | None:
        return self.local.accept_nowait(identity, batch)

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        return await self.local.take(identity, tag, payload)


class OfRouters(RouterContract):
    subject: ClassVar[type[Through]] = Through

    @asynccontextmanager
    async def router(self, local: SessionRouter) -> AsyncIterator[SessionRouter]:
        yield self.subject(local)


class Drops(Through):
    """The tenth batch is answered, as far as it can tell, and not handed on."""

    count = 0

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        self.count += 1
        receipt = await super().accept(identity, batch)
        if self.count == 10:
            return attrs.evolve(receipt, flows=[])
        return receipt


class MixesPeers(Through):
    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        return await super().accept(FIRST, attrs.evolve(batch, sender=b"p1".ljust(16, b".")))


class ForgetsOpens(Through):
    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        return attrs.evolve(await super().accept(identity, batch), opens=[])


class ForgetsStale(Through):
    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        return attrs.evolve(await super().accept(identity, batch), stale=False)


class AnswersFirst(Through):
    """Says that the next message was taken, and takes it with the batch after."""

    held: tuple[Identity, Batch] | None = None

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        receipt = await super().accept(identity, attrs.evolve(batch, segments=[]))
        if self.held is not None:
            await super().accept(*self.held)
        self.held = identity, attrs.evolve(batch, controls=[])
        for segment in batch.segments:
            flow = (await super().accept(identity, _bare(batch))).flows[0]
            receipt.flows.append(attrs.evolve(flow, number=segment.number + len(segment.records)))
        return receipt


class NowaitLies(Through):
    """Takes the batch, and says that it has to be awaited."""

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt | None:
        super().accept_nowait(identity, batch)
        return None


class HalfAndHalf(Through):
    """Hands on one segment after another."""

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        receipt = await super().accept(identity, attrs.evolve(batch, segments=[]))
        for segment in batch.segments:
            each = attrs.evolve(batch, controls=[], segments=[segment])
            receipt.flows += (await super().accept(identity, each)).flows
        return receipt


class OneForAll(Through):
    def __init__(self, local: SessionRouter) -> None:
        super().__init__(local)
        self.lock = anyio.Lock()

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        async with self.lock:
            return await super().accept(identity, batch)


class Swallows(Through):
    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        try:
            return await super().accept(identity, batch)
        except Rejected:
            return Receipt([], [])


class Refuses(Through):
    """Rejects a batch that came before."""

    def __init__(self, local: SessionRouter) -> None:
        super().__init__(local)
        self.seen: list[tuple[int, int]] = []

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        receipt = await super().accept(identity, batch)
        for segment in batch.segments:
            place = segment.session, segment.number
            if place in self.seen:
                raise Rejected(identity.party, "came before")
            self.seen.append(place)
        return receipt


class Leaks(Through):
    def __init__(self, local: SessionRouter) -> None:
        super().__init__(local)
        leak()


class TakesForOne(Through):
    """Every message that comes alone is of one peer."""

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        return await super().take(FIRST, tag, payload)


class AnswersActive(Through):
    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        await super().take(identity, tag, payload)
        return Status.ACTIVE


class TakesInTurn(Through):
    def __init__(self, local: SessionRouter) -> None:
        super().__init__(local)
        self.lock = anyio.Lock()

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        async with self.lock:
            return await super().take(identity, tag, payload)


class BelievesItTook(Through):
    """A message that was called off counts as taken."""

    def __init__(self, local: SessionRouter) -> None:
        super().__init__(local)
        self.seen: set[Tag] = set()

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        if tag in self.seen:
            return Status.ACTIVE
        try:
            return await super().take(identity, tag, payload)
        except anyio.get_cancelled_exc_class():
            self.seen.add(tag)
            raise


class SwallowsAlone(Through):
    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        try:
            return await super().take(identity, tag, payload)
        except Rejected:
            return Status.COMPLETED


FIRST = identity("p1")


def _bare(batch: Batch) -> Batch:
    return Batch(
        batch.sender,
        batch.receiver,
        [],
        [attrs.evolve(segment, records=[]) for segment in batch.segments],
    )


REACHES = "test_what_it_takes_reaches_the_session"
ANSWERS = "test_its_answers_are_those_of_the_sessions"
TAKEN = "test_what_was_answered_was_taken"
AGAIN = "test_what_comes_again_is_taken_once"
WHOLE = "test_a_cancelled_batch_is_taken_wholly_or_not_at_all"
EVERY = "test_every_segment_and_every_open_is_answered"
ONE = "test_one_peer_waits_for_no_other"
NOWAIT = "test_accept_nowait_takes_all_or_nothing"
SENDER = "test_the_sender_is_the_identity"
TASKS = "test_it_leaves_no_task"

TABLE = [
    Broken(Drops, OfRouters, REACHES, [TAKEN, ANSWERS]),
    Broken(MixesPeers, OfRouters, SENDER, [ONE]),
    Broken(ForgetsOpens, OfRouters, EVERY, [NOWAIT, TASKS, ANSWERS, ONE, SENDER, REACHES]),
    Broken(ForgetsStale, OfRouters, ANSWERS),
    Broken(AnswersFirst, OfRouters, TAKEN, [WHOLE, NOWAIT, ANSWERS, ONE, SENDER, REACHES]),
    Broken(NowaitLies, OfRouters, NOWAIT),
    Broken(HalfAndHalf, OfRouters, WHOLE),
    Broken(OneForAll, OfRouters, ONE),
    Broken(Swallows, OfRouters, "test_a_rejection_passes"),
    Broken(Refuses, OfRouters, AGAIN, [WHOLE, ANSWERS, SENDER]),
    Broken(Leaks, OfRouters, TASKS),
    Broken(TakesForOne, OfRouters, "test_a_single_message_reaches_the_session_by_its_round"),
    Broken(AnswersActive, OfRouters, "test_single_messages_are_answered_as_the_sessions_do"),
    Broken(TakesInTurn, OfRouters, "test_single_messages_of_one_peer_pass_side_by_side"),
    Broken(BelievesItTook, OfRouters, "test_a_cancelled_single_message_can_come_again"),
    Broken(SwallowsAlone, OfRouters, "test_a_rejection_of_a_single_message_passes"),
]
