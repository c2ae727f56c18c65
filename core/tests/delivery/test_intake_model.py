"""The intake against a model.

A stream of bytes that is read once, from the left, whatever comes twice or early.

The sender's messages are fixed. What arrives are segments that start anywhere and are cut anyhow,
as after lost answers, rewinds and other credit; the receiver reads, waits and goes on to later
rounds in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from hypothesis import example, given
from hypothesis import strategies as st

from partywire.delivery.intake import Intake
from partywire.delivery.limits import Limits
from partywire.delivery.quotas import Budget
from partywire.delivery.records import MESSAGE_COST, Record, Segment, Status, label_slot
from partywire.delivery.waiting import Waiter

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

SIZES = st.sampled_from([0, 1, 5, 20])
LABEL = label_slot(3)


def cost(size: int) -> int:
    return size + MESSAGE_COST


@attrs.define
class Reader:
    """The session around the intake."""

    labels: bool
    limits: Limits
    round: int = 0
    hungry: bool = False

    def starving(self) -> bool:
        return self.hungry


class Model:
    """What must be true: a position in the stream, a queue for each slot, and two sums."""

    def __init__(self, messages: list[tuple[int, bytes]], reader: Reader, budget: int) -> None:
        self.messages = messages
        self.reader = reader
        self.budget = Budget(budget)
        self.intake = Intake(self.budget)
        self.position = (0, 0)
        self.slots: dict[int, list[bytes]] = {}

    # --- what happens -----------------------------------------------------------------------------

    def arrive(self, number: int, offset: int, pieces: list[int]) -> None:
        """A segment from that place on, cut into pieces of those sizes (as far as messages go)."""
        number = number % (len(self.messages) + 1)
        segment = Segment(1, 0, number, [])
        spans = []
        for piece in pieces:
            if number == len(self.messages):
                break
            slot, data = self.messages[number]
            offset = min(offset, max(len(data) - 1, 0))
            size = min(max(piece, 1), len(data) - offset)
            segment.records.append(Record(slot, offset, len(data), data[offset : offset + size]))
            spans.append((number, offset, offset + size))
            number, offset = (
                (number, offset + size) if offset + size < len(data) else (number + 1, 0)
            )
        expected = Status.ACTIVE
        for span in spans:
            refusal = self.expect(*span)
            if refusal is not None:
                expected = refusal
                break
        assert self.intake.accept(segment, self.reader) is expected

    def expect(self, number: int, start: int, end: int) -> Status | None:
        """Take a piece over into the model, or say why not."""
        slot, data = self.messages[number]
        whole_end = (number + 1, 0) if end == len(data) else (number, end)
        if whole_end <= self.position:
            return None
        if (number, start) > self.position:
            return Status.GAP
        if self.position[1] == 0 and not self.may_come_in(slot, len(data)):
            return Status.FULL
        self.position = whole_end
        if whole_end[1] == 0 and not 0 <= slot < self.reader.round:
            self.slots.setdefault(slot, []).append(data)
        return None

    def may_come_in(self, slot: int, size: int) -> bool:
        reader, limits = self.reader, self.reader.limits
        held = self.held()
        if held + cost(size) > self.budget.limit:
            return False
        if slot in (reader.round, reader.round + 1) or 0 <= slot < reader.round:
            return True
        count = sum(map(len, self.slots.values()))
        near = slot <= reader.round + limits.look_ahead
        roomy = held + cost(size) <= limits.mailbox_bytes and count < limits.mailbox_messages
        if near and (held == 0 or roomy):
            return True
        overdrawn = held == 0 or held + cost(size) <= limits.label_overdraft
        return reader.labels and reader.hungry and overdrawn

    def read(self, which: int) -> None:
        """Read the first message of one of the slots that hold something."""
        held = [slot for slot, line in self.slots.items() if line]
        if held:
            slot = held[which % len(held)]
            assert self.intake.take(slot) == self.slots[slot].pop(0)

    def go_on(self, rounds: int) -> None:
        """Go on some rounds: what was not read of earlier ones is dropped."""
        self.reader.round += rounds
        self.intake.drop_rounds_before(self.reader.round)
        self.slots = {s: line for s, line in self.slots.items() if not 0 <= s < self.reader.round}

    def starve(self, hungry: int) -> None:
        self.reader.hungry = bool(hungry)

    # --- what is always true ----------------------------------------------------------------------

    def held(self) -> int:
        """Messages not read, and the whole of one that is being put together."""
        number, offset = self.position
        coming = cost(len(self.messages[number][1])) if offset else 0
        return coming + sum(cost(len(data)) for line in self.slots.values() for data in line)

    def check(self) -> None:
        intake = self.intake
        assert (intake.number, intake.offset) == self.position
        assert intake.mailbox.cost == self.budget.held == self.held()
        for slot, line in self.slots.items():
            assert (slot in intake.mailbox) == bool(line)

    def finish(self) -> None:
        self.intake.drop()
        assert (self.budget.held, self.intake.mailbox.cost, self.intake.mailbox.count) == (0, 0, 0)


@st.composite
def messages(draw: DrawFn, *, labels: bool) -> list[tuple[int, bytes]]:
    """Rising rounds with holes in between; labels anywhere, where there are labels."""
    made: list[tuple[int, bytes]] = []
    next_round = 0
    for number, size in enumerate(draw(st.lists(SIZES, min_size=1, max_size=12))):
        data = bytes([number]) * size
        if labels and draw(st.booleans()):
            made.append((label_slot(draw(st.integers(0, 2))), data))
        else:
            next_round += draw(st.integers(0, 2))
            made.append((next_round, data))
            next_round += 1
    return made


limits = st.builds(
    Limits,
    look_ahead=st.sampled_from([1, 2, 32]),
    mailbox_bytes=st.sampled_from([1, 2 * cost(20), 1000]),
    mailbox_messages=st.sampled_from([1, 2, 100]),
    label_overdraft=st.sampled_from([1, 3 * cost(20), 10_000]),
)
operations = st.one_of(
    st.tuples(
        st.just("arrive"),
        *(st.integers(0, 12), st.sampled_from([0, 0, 3, 10])),
        st.lists(st.sampled_from([1, 7, 20, 20]), min_size=1, max_size=8),
    ),
    st.tuples(st.just("read"), st.integers(0, 5)),
    st.tuples(st.just("go_on"), st.integers(0, 3)),
    st.tuples(st.just("starve"), st.integers(0, 1)),
)


@given(st.data(), st.booleans(), limits, st.sampled_from([cost(20), 4 * cost(20), 10_000]))
def test_each_message_is_taken_once_in_order_and_the_books_are_right(
    data: st.DataObject,
    labels: bool,
    bounds: Limits,
    budget: int,
) -> None:
    model = Model(data.draw(messages(labels=labels)), Reader(labels, bounds), budget)
    for name, *arguments in data.draw(st.lists(operations, min_size=3, max_size=40)):
        getattr(model, name)(*arguments)
        model.check()
    model.finish()


@given(st.data(), st.booleans(), st.lists(st.sampled_from([1, 7, 20]), min_size=1))
@example(None, True, [1])
def test_one_who_starts_again_at_the_position_given_gets_everything_through(
    data: st.DataObject | None,
    labels: bool,
    pieces: list[int],
) -> None:
    stream = data.draw(messages(labels=labels)) if data else [(LABEL, b"a"), (0, b"b" * 20)]
    model = Model(
        stream, Reader(labels, Limits(mailbox_bytes=1, look_ahead=1), hungry=True), 10_000
    )
    for _ in range(1_000):
        if model.position[0] == len(stream):
            break
        model.arrive(*model.position, pieces)
        model.check()
        model.read(0)
        model.go_on(1)
    assert model.position == (len(stream), 0)
    model.finish()


def test_a_waiting_receive_keeps_its_round_and_is_woken() -> None:
    woken: list[int] = []
    intake = Intake(Budget(10_000))
    reader = Reader(labels=False, limits=Limits())
    intake.waiters = {0: Waiter(0, 0.0, None, lambda: woken.append(0))}
    reader.round = 2
    intake.accept(Segment(1, 0, 0, [Record(0, 0, 1, b"x"), Record(1, 0, 1, b"y")]), reader)
    assert woken == [0]
    assert intake.take(0) == b"x"
    assert (1 in intake.mailbox, intake.stale) == (False, 1)
