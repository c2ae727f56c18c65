"""Garbage in every field: what parses is answered or refused by name, and the others go on.

Bob sends and answers garbage. Alice and Carol, in the same session, do not notice.
"""

from __future__ import annotations

from contextlib import suppress

import attrs
from hypothesis import given
from hypothesis import strategies as st

from core.tests.delivery.support import strategies as anything
from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    EVERYBODY,
    Clock,
    Party,
    segment,
    settle,
    terms,
    whole,
)
from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt
from partywire.delivery.limits import MIB, Limits
from partywire.delivery.records import (
    MESSAGE_COST,
    TIMINGS,
    Abort,
    Batch,
    Fin,
    FlowReceipt,
    Grant,
    Open,
    OpenReceipt,
    Receipt,
    Record,
    Segment,
    Status,
    Terms,
    label_slot,
)
from partywire.errors import Malformed, PeerError

SESSIONS = (1, 2, 3, 4, 5)
"""Open with labels, open without, ended, without Bob, unknown."""

u64 = st.integers(0, 5) | st.sampled_from([(1 << 31) - 1, 1 << 31, 1 << 32, (1 << 64) - 1])
u32 = st.integers(0, 5) | st.just((1 << 32) - 1)
sessions = st.sampled_from(SESSIONS)
rounds = st.integers(0, 40) | u64
slots = rounds | rounds.map(label_slot)
TERMS = terms(EVERYBODY)
their_terms = st.sampled_from([TERMS, attrs.evolve(TERMS, labels=True)]) | st.builds(
    Terms, st.just(bytes(32)), st.sampled_from(TIMINGS), st.booleans(), u32, u64
)
controls = st.one_of(
    st.builds(Open, sessions, their_terms, u64, u64, u32, u64),
    st.builds(Grant, sessions, u64, u64, u32, u64),
    st.builds(Fin, sessions, u64),
    st.builds(Abort, sessions, st.text(st.characters(exclude_categories=["Cs"]), max_size=300)),
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    slot, data = draw(slots), bytes(draw(st.integers(0, 50)))
    if not data or draw(st.booleans()):
        return Record(slot, 0, len(data), data)
    offset = draw(st.sampled_from([0, 1, 25, 50, 1 << 40]))
    return Record(
        slot, offset, offset + len(data) + draw(st.integers(0 if offset else 1, 60)), data
    )


segments = st.builds(Segment, sessions, u64, u64, st.lists(records(), min_size=1, max_size=5))
batches = st.tuples(st.lists(controls, max_size=5), st.lists(segments, max_size=5))
statuses = st.sampled_from(Status)
flows = st.builds(FlowReceipt, sessions, statuses, u64, u64, u32, u64)
opens = st.builds(OpenReceipt, sessions, statuses)


class Attacked:
    """Alice and Carol are honest; Bob is not."""

    def __init__(self) -> None:
        self.clock = Clock()
        limits = Limits(peer_bytes=MIB, largest_message=MIB // 2, early_sessions=2)
        self.alice = Party(ALICE, self.clock, limits)
        self.carol = Party(CAROL, self.clock, limits)
        self.bob = Party(BOB, self.clock, limits)
        for party, other in ((self.alice, CAROL), (self.carol, ALICE)):
            party.open(1, terms(EVERYBODY, labels=True))
            party.open(2, TERMS)
            party.open(3, TERMS).abort("over")
            party.open(4, terms([ALICE, CAROL]), [other])
        settle(self.alice, self.carol)
        self.exchanged = 0

    def bob_says(self, batch: Batch) -> Receipt:
        """Bring a batch of Bob's, as a wire would."""
        receipt = self.alice.table.accept(BOB, decode_batch(encode_batch(batch)))
        return decode_receipt(encode_receipt(receipt))

    def batch(self, sent: tuple[list[object], list[Segment]]) -> Batch:
        return Batch(self.bob.incarnation, self.alice.incarnation, sent[0], sent[1])  # type: ignore[arg-type]

    def goes_on(self) -> None:
        """Alice and Carol exchange a message in each session that they have open."""
        for number in (1, 2, 4):
            here, there = self.alice.table._open[number], self.carol.table._open[number]
            slot = here.round
            here.pairs[CAROL].put(slot, b"%d" % self.exchanged)
            there.pairs[ALICE].put(slot, b"%d" % self.exchanged)
            settle(self.alice, self.carol)
            for session, party in ((here, CAROL), (there, ALICE)):
                assert session.pairs[party].take(slot) == b"%d" % self.exchanged
                assert session.pairs[party].failure is None
                session.next_round(1.0)
        self.exchanged += 1

    def check(self) -> None:
        """What Bob holds here is within his limits, and Alice's books are right."""
        bob = self.alice.table.peers[BOB]
        held = bob.early.cost + sum(
            local.pairs[BOB].intake.mailbox.cost
            for local in self.alice.table.sessions()
            if BOB in local.pairs
        )
        assert bob.budget.held == held <= MIB
        assert len(bob.early) <= 2
        for local in self.alice.table.sessions():
            for pair in local.pairs.values():
                assert pair.failure is None or isinstance(pair.failure, PeerError)
                assert str(pair.failure).isprintable()


@given(st.lists(batches, max_size=8))
def test_whatever_he_sends_the_honest_go_on(sent: list[tuple[list[object], list[Segment]]]) -> None:
    there = Attacked()
    for each in sent:
        receipt = there.bob_says(there.batch(each))
        assert len(receipt.flows) == len(each[1])
        there.check()
        there.goes_on()
        there.alice.flights(BOB)
    for local in there.alice.table.sessions():
        local.abort("the end")
    there.alice.table.peers[BOB].early.clear()
    assert there.alice.table.peers[BOB].budget.held == 0


@given(st.data())
def test_whatever_he_answers_the_honest_go_on(data: st.DataObject) -> None:
    there = Attacked()
    for number in range(4):
        for session in (1, 2):
            pair = there.alice.table._open[session].pairs[BOB]
            pair.put(number, bytes(data.draw(st.sampled_from([0, 7, MESSAGE_COST]))))
        for flight in there.alice.flights(BOB):
            asked = [each.session for each in flight.batch.controls if isinstance(each, Open)]
            answer = Receipt(
                [data.draw(opens)._replace(session=each) for each in asked],
                [
                    attrs.evolve(data.draw(flows), session=each.session)
                    for each in flight.batch.segments
                ],
            )
            if data.draw(st.integers(0, 9)) == 0:
                answer = data.draw(st.builds(Receipt, st.lists(opens), st.lists(flows)))
            try:
                there.alice.answered(BOB, flight, decode_receipt(encode_receipt(answer)))
            except Malformed:
                there.alice.table.peers[BOB].dispatch.lost()
                break
        there.clock.now += 1_000.0 * data.draw(st.booleans())
        there.alice.agenda.run()
        there.check()
        there.goes_on()


@given(anything.batches, st.data())
def test_bytes_that_were_changed_on_the_way_parse_or_are_malformed(
    batch: Batch, data: st.DataObject
) -> None:
    """Nothing but `Malformed` comes of them, and what parses is taken as any batch."""
    there = Attacked()
    batch.sender, batch.receiver = there.bob.incarnation, there.alice.incarnation
    wire = bytearray(encode_batch(batch))
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(32, len(wire) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(wire)) | st.just(len(wire)))
    with suppress(Malformed):
        there.alice.table.accept(BOB, decode_batch(bytes(wire[:cut])))
    there.check()
    there.goes_on()


@given(anything.receipts, st.data())
def test_receipts_that_were_changed_on_the_way_parse_or_are_malformed(
    receipt: Receipt, data: st.DataObject
) -> None:
    there = Attacked()
    there.alice.table._open[1].pairs[BOB].put(label_slot(1), b"x")
    (flight,) = there.alice.flights(BOB)
    wire = bytearray(encode_receipt(receipt))
    wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Malformed):
        there.alice.answered(BOB, flight, decode_receipt(bytes(wire)))
    there.check()
    there.goes_on()


def test_garbage_is_what_it_says() -> None:
    """The scene above is one in which Bob could take part."""
    there = Attacked()
    receipt = there.bob_says(there.batch(([], [segment(0, whole(0, b"x"), session=2)])))
    assert [flow.status for flow in receipt.flows] == [Status.ACTIVE]
    there.goes_on()
