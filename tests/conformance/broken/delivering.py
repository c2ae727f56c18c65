"""Transports that lose, double, change and mix what they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from partywire.delivery.codec import decode_receipt, encode_batch
from partywire.errors import Rejected
from partywire.testing.samples import number_of, numbered, receipt_of
from partywire.testing.transport.delivery import Delivering
from tests.conformance.running import Broken
from tests.conformance.wire import Frames, WireChannel, WireTransport

if TYPE_CHECKING:
    from partywire.delivery.hello import Hello, HelloAnswer
    from partywire.delivery.records import Batch, Receipt
    from partywire.inbox import Dismiss, Guest, Inbox
    from partywire.interfaces import Answered, Judge

NTH = 50


def is_nth(batch: Batch) -> bool:
    return batch == numbered(NTH)


class Drops(WireTransport):
    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        return receipt_of(batch) if is_nth(batch) else await super().take(guest, batch)


class Duplicates(WireTransport):
    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        if is_nth(batch):
            await super().take(guest, batch)
        return await super().take(guest, batch)


class Reorders(WireTransport):
    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        if is_nth(batch):
            return receipt_of(batch)
        receipt = await super().take(guest, batch)
        if batch.segments and number_of(batch) == NTH + 1:
            await super().take(guest, numbered(NTH))
        return receipt


class Cuts(WireTransport):
    """Keeps the first segments only."""

    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        del batch.segments[100:]
        return await super().take(guest, batch)


class AwaitsNobody(WireTransport):
    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        return guest.accept_nowait(batch) or receipt_of(batch)


class MixesCallers(WireTransport):
    """All batches come by the first guest."""

    first: Guest | None = None

    async def take(self, guest: Guest, batch: Batch) -> Receipt:
        self.first = self.first or guest
        return await super().take(self.first, batch)


class OneWay(WireTransport):
    """Does not call back whoever has called."""

    def __init__(self, setting: Any) -> None:
        super().__init__(setting)
        self.came: set[str] = set()

    def arrive(self, evidence: Any, inbox: Inbox, dismiss: Dismiss) -> Guest:
        self.came.add(evidence.claimed)
        return super().arrive(evidence, inbox, dismiss)

    async def introduce(self, peer: str, judge: Judge, frames: Frames) -> WireChannel:
        if peer in self.came:
            raise Rejected(peer, "has called here")
        return await super().introduce(peer, judge, frames)


class AnsweringChannel(WireChannel):
    """Counts the answers that come."""

    came = 0

    def take(self, kind: bytes, body: bytes) -> None:
        if kind == b"h":
            super().take(kind, body)
        else:
            self.came += 1
            self.answer(self.came, self.waiting.popleft(), decode_receipt(body))

    def answer(self, number: int, answered: Answered, receipt: Receipt) -> None:
        answered(receipt)


class LosesAnAnswer(WireTransport):
    class channel(AnsweringChannel):  # noqa: N801
        def answer(self, number: int, answered: Answered, receipt: Receipt) -> None:
            if number != NTH:
                answered(receipt)


class AnswersTwice(WireTransport):
    class channel(AnsweringChannel):  # noqa: N801
        def answer(self, number: int, answered: Answered, receipt: Receipt) -> None:
            answered(receipt)
            if number == NTH:
                answered(receipt)


class AnswersOutOfOrder(WireTransport):
    class channel(AnsweringChannel):  # noqa: N801
        held: Any = None

        def answer(self, number: int, answered: Answered, receipt: Receipt) -> None:
            if number == NTH:
                self.held = lambda: answered(receipt)
            else:
                answered(receipt)
            if number == NTH + 1:
                self.held()


class SwapsReceipts(WireTransport):
    class channel(AnsweringChannel):  # noqa: N801
        held: Any = None

        def answer(self, number: int, answered: Answered, receipt: Receipt) -> None:
            if number == NTH:
                self.held = answered, receipt
            elif number == NTH + 1:
                self.held[0](receipt)
                answered(self.held[1])
            else:
                answered(receipt)


class ChangesReceipts(WireTransport):
    class channel(AnsweringChannel):  # noqa: N801
        def answer(self, number: int, answered: Answered, receipt: Receipt) -> None:
            answered(attrs.evolve(receipt, stale=False))


class ChangesHellos(WireTransport):
    class channel(WireChannel):  # noqa: N801
        async def greet(self, hello: Hello) -> HelloAnswer:
            return await super().greet(attrs.evolve(hello, slot=hello.slot[:100]))


class NowaitLies(WireTransport):
    """Takes the batch, and says that it did nothing."""

    class channel(WireChannel):  # noqa: N801
        taken: tuple[Batch, ...] = ()

        def deliver_nowait(self, batch: Batch, answered: Answered) -> bool:
            self.taken = (*self.taken, batch)
            return False

        async def deliver(self, batch: Batch, answered: Answered) -> None:
            taken, self.taken = self.taken, ()
            for each in taken:
                self.waiting.append(lambda _: None)
                await self.send(b"b", encode_batch(each))
            await super().deliver(batch, answered)


class NowaitOvertakes(WireTransport):
    """What was given to `deliver_nowait` leaves after what is delivered later."""

    class channel(WireChannel):  # noqa: N801
        taken: tuple[tuple[Batch, Answered], ...] = ()

        def deliver_nowait(self, batch: Batch, answered: Answered) -> bool:
            self.taken = (*self.taken, (batch, answered))
            return True

        async def deliver(self, batch: Batch, answered: Answered) -> None:
            taken, self.taken = self.taken, ()
            await super().deliver(batch, answered)
            for each in taken:
                await super().deliver(*each)


REACHES = "test_a_batch_reaches_the_party_it_is_for"
SESSIONS = "test_sessions_run_over_it"
NOWAIT = "test_deliver_nowait_keeps_its_place"

TABLE = [
    Broken(Drops, Delivering, "test_every_batch_arrives"),
    Broken(Duplicates, Delivering, "test_no_batch_arrives_twice"),
    Broken(Reorders, Delivering, "test_batches_arrive_in_the_order_of_the_calls", [NOWAIT]),
    Broken(Cuts, Delivering, "test_a_batch_arrives_whole_and_unchanged"),
    Broken(AwaitsNobody, Delivering, "test_a_router_that_waits_is_awaited"),
    Broken(
        MixesCallers,
        Delivering,
        REACHES,
        [SESSIONS],
    ),
    Broken(OneWay, Delivering, "test_both_directions_carry_at_once", [REACHES, SESSIONS]),
    Broken(LosesAnAnswer, Delivering, "test_every_batch_is_answered_once"),
    Broken(AnswersTwice, Delivering, "test_every_batch_is_answered_once"),
    Broken(AnswersOutOfOrder, Delivering, "test_answers_come_in_the_order_of_the_batches"),
    Broken(SwapsReceipts, Delivering, "test_an_answer_is_the_one_for_its_batch"),
    Broken(ChangesReceipts, Delivering, "test_a_receipt_arrives_unchanged"),
    Broken(ChangesHellos, Delivering, "test_a_hello_arrives_unchanged"),
    Broken(NowaitLies, Delivering, "test_deliver_nowait_does_nothing_where_it_returns_false"),
    Broken(
        NowaitOvertakes,
        Delivering,
        NOWAIT,
        ["test_deliver_nowait_does_nothing_where_it_returns_false", SESSIONS],
    ),
]
