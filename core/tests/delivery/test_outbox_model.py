"""The outbox against a model.

A list of messages, what the receiver has of it, and what is on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.tests.delivery.support.making import small_chunks
from partywire.delivery.limits import Limits
from partywire.delivery.outbox import Outbox
from partywire.delivery.records import MESSAGE_COST, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywire.delivery.records import Record

CHUNK = 16
BYTES = 1000
SIZES = st.sampled_from([0, 1, 7, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
FEW = st.sampled_from([0, 0, 1, 2, 50])

Position = tuple[int, int]


def cost(size: int) -> int:
    return size + MESSAGE_COST


class Model:
    """Positions are (number, offset). ``has`` is the receiver's, ``sent`` how far the sender is.

    ``ever`` is the farthest that was ever sent: whatever lies beyond it is a lie.
    """

    def __init__(self, early: int, messages: int) -> None:
        self.most = messages
        limits = Limits(early_bytes=early, mailbox_messages=messages, mailbox_bytes=BYTES)
        self.outbox = Outbox(limits)
        self.messages: list[bytes] = []
        self.has: Position = (0, 0)
        self.sent: Position = (0, 0)
        self.ever: Position = (0, 0)
        self.credit = (messages, early)

    def flying(self) -> int:
        """What lies between the receiver and the sender.

        Payload, and the cost of each message begun to its end.
        """
        (low, low_offset), (high, high_offset) = self.has, self.sent
        whole = sum(cost(len(data)) for data in self.messages[low:high])
        return whole - low_offset + high_offset

    # --- what happens -----------------------------------------------------------------------------

    def put(self, size: int) -> None:
        held = sum(cost(len(data)) for data in self.messages[self.has[0] :])
        count = len(self.messages) - self.has[0]
        room = count == 0 or (held + cost(size) <= BYTES and count < self.most)
        assert self.outbox.has_room(size) == room
        if room:
            data = bytes([len(self.messages) % 256]) * size
            self.outbox.put(len(self.messages), data)
            self.messages.append(data)

    def cut(self, budget: int) -> None:
        sendable, parked = self.outbox.sendable(), self.outbox.parked
        before = self.flying()
        segment = Segment(1, 0, 0, [])
        size = self.outbox.cut(segment, budget)
        assert bool(segment.records) == sendable
        assert size == sum(cost(len(record.data)) for record in segment.records)
        if not sendable:
            return
        assert not parked
        assert (segment.acknowledged, segment.number) == (self.has[0], self.sent[0])
        assert size <= budget or len(segment.records) == 1
        for record in segment.records:
            self.take(record)
        self.ever = max(self.ever, self.sent)
        self.check_credit(before, segment.records)

    def lone(self) -> None:
        """What `cut` would send, where that is the only message, whole."""
        left = self.messages[self.has[0] :]
        alone = len(left) == 1 and len(left[0]) <= CHUNK and self.sent == self.has
        segment = self.outbox.cut_lone(1)
        assert (segment is not None) == (alone and not self.outbox.parked)
        if segment is not None:
            assert (segment.session, segment.acknowledged, segment.number) == (
                1,
                *[self.has[0]] * 2,
            )
            (record,) = segment.records
            self.take(record)
            self.ever = max(self.ever, self.sent)

    def take(self, record: Record) -> None:
        """The record is the next one, cut as the rule says."""
        number, offset = self.sent
        data = self.messages[number]
        assert (record.slot, record.offset, record.total) == (number, offset, len(data))
        assert bytes(record.data) == data[offset : offset + len(record.data)]
        if len(data) <= CHUNK:
            assert len(record.data) == len(data), "a small message goes whole"
        else:
            assert 1 <= len(record.data) <= CHUNK
        end = offset + len(record.data)
        self.sent = (number + 1, 0) if end == len(data) else (number, end)

    def check_credit(self, before: int, records: list[Record]) -> None:
        """Nothing goes beyond the credit, but a head alone when nothing was on its way."""
        messages, size = self.credit
        ahead = self.sent[0] - self.has[0] + (self.sent[1] > 0)
        within = ahead <= messages and self.flying() <= size
        assert within or (before == 0 and len(records) == 1)

    def receipt(self, number: int, offset: int, messages: int, size: int) -> None:
        """Any position near the receiver's; a believable one is taken over, a lie is refused."""
        position = (self.has[0] + number, offset)
        if position[0] < len(self.messages):
            total = len(self.messages[position[0]])
            believable = offset == 0 or (total > CHUNK and offset < total)
        else:
            believable = offset == 0
        assert self.outbox.reached(*position) == (believable and position <= self.ever)
        if believable and position <= self.ever:
            self.has = max(self.has, position)
            self.sent = max(self.sent, self.has)
            self.outbox.credit_messages, self.outbox.credit_bytes = self.credit = messages, size

    def old_receipt(self, back: int) -> None:
        assert self.outbox.reached(max(self.has[0] - back, 0), 0)

    def everything_arrives(self) -> None:
        assert self.outbox.reached(*self.sent)
        self.has = self.sent

    def rewind(self) -> None:
        epoch = self.outbox.epoch
        self.outbox.rewind()
        assert self.outbox.epoch == epoch + 1
        self.sent = self.has

    def park(self, parked: bool) -> None:
        self.outbox.parked = parked

    # --- what is always true ----------------------------------------------------------------------

    def check_books(self) -> None:
        outbox = self.outbox
        assert (outbox.first, outbox.first_offset) == self.has
        assert (outbox.cursor, outbox.cursor_offset) == self.sent
        assert outbox.end == len(self.messages)
        assert outbox.held == sum(cost(len(data)) for data in self.messages[self.has[0] :])
        assert outbox.flying == self.flying()


operations = st.one_of(
    st.tuples(st.just("put"), SIZES),
    st.tuples(st.just("cut"), st.integers(1, 80)),
    st.tuples(
        st.just("receipt"),
        *(FEW, st.sampled_from([0, 0, 1]) | st.integers(0, 4 * CHUNK)),
        *(FEW, st.sampled_from([0, 150, 9999])),
    ),
    st.tuples(st.just("lone")),
    st.tuples(st.just("old_receipt"), st.integers(1, 5)),
    st.tuples(st.just("everything_arrives")),
    st.tuples(st.just("rewind")),
    st.tuples(st.just("park"), st.booleans()),
)


@pytest.fixture(scope="module", autouse=True)
def chunks() -> Iterator[None]:
    with small_chunks(CHUNK, CHUNK):
        yield


@given(
    st.sampled_from([1, 200, 10_000]),
    st.sampled_from([1, 3, 50]),
    st.lists(operations, min_size=5, max_size=60),
)
@example(1, 1, [("put", 7), ("cut", 1), ("receipt", 0, 5, 1, 1)])
def test_it_sends_all_in_order_within_credit_and_its_books_are_right(
    early: int, messages: int, steps: list[tuple[str, int]]
) -> None:
    model = Model(early, messages)
    for name, *arguments in steps:
        getattr(model, name)(*arguments)
        model.check_books()
    model.outbox.drop()
    assert (model.outbox.held, model.outbox.flying, len(model.outbox)) == (0, 0, 0)


@given(st.lists(SIZES, max_size=20), st.lists(st.integers(1, 80), min_size=1))
def test_all_that_was_put_gets_there_and_the_books_go_back_to_0(
    sizes: list[int], budgets: list[int]
) -> None:
    model = Model(200, 50)
    for size in sizes:
        model.put(size)
    turns = 0
    while len(model.outbox):
        model.cut(budgets[turns % len(budgets)])
        model.everything_arrives()
        model.check_books()
        turns += 1
    assert (model.outbox.held, model.outbox.flying) == (0, 0)
