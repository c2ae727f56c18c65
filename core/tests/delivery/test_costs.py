"""What one batch of a malicious peer costs grows with its size, and with nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.tests.delivery.support.counting import assert_linear, calls_of
from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    Clock,
    Party,
    incarnation,
    park,
    segment,
    settle,
    terms,
    whole,
)
from partywire.delivery.limits import MIB, Limits
from partywire.delivery.records import (
    Abort,
    Batch,
    Control,
    Fin,
    FlowReceipt,
    Grant,
    Open,
    Receipt,
    Record,
    Segment,
    Status,
    label_slot,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Attacked:
    """Alice and Bob with one session, into which Bob sends what the test says."""

    def __init__(self, limits: Limits | None = None, *, labels: bool = False) -> None:
        self.clock = Clock()
        limits = limits or Limits()
        self.alice = Party(ALICE, self.clock, limits)
        bob = Party(BOB, self.clock, limits, (ALICE, BOB))
        self.lives = bob.incarnation, self.alice.incarnation
        given = terms(labels=labels)
        self.local = self.alice.open(given=given)
        bob.open(given=given)
        settle(self.alice, bob)
        self.pair = self.local.pairs[BOB]

    def batch(self, *sent: Segment, controls: tuple[Control, ...] = ()) -> Batch:
        return Batch(*self.lives, list(controls), list(sent))

    def cost(self, batch: Batch) -> int:
        """Return the calls that taking a batch of Bob's makes."""
        return calls_of(lambda: self.alice.table.accept(BOB, batch))


def test_a_refused_label_that_comes_again_and_again_hurts_each_receive_once() -> None:
    def cost(size: int) -> int:
        limits = Limits(mailbox_bytes=MIB, label_overdraft=2 * MIB)
        there = Attacked(limits, labels=True)
        there.alice.table.accept(BOB, there.batch(segment(0, whole(label_slot(0), b"unread"))))
        for label in range(1, size):
            park(there.pair, label_slot(label))
        head = segment(1, Record(label_slot(0), 0, 3 * MIB, bytes(MIB)))
        return there.cost(there.batch(*[head] * size))

    assert_linear(cost)


FLOODS: dict[str, Callable[[int, Attacked], tuple[list[Control], list[Segment]]]] = {
    "early sessions": lambda size, _: ([], [_one(10 + each) for each in range(size)]),
    "OPENs of early sessions": lambda size, there: (
        [Open(10 + each, there.local.terms, 0, 0, 1, 1) for each in range(size)],
        [],
    ),
    "FINs and ABORTs of early sessions": lambda size, _: (
        [each for at in range(size) for each in (Fin(10 + at, 5), Abort(10 + at, "x"))],
        [],
    ),
    "OPENs again and again": lambda size, there: (
        [Open(1, there.local.terms, 0, 0, 1, 1)] * size,
        [],
    ),
    "CREDIT": lambda size, _: ([Grant(1, 0, 0, each, each) for each in range(size)], []),
    "labels": lambda size, _: ([], [segment(0, *[whole(label_slot(0), b"x")] * size)]),
    "labels, one a segment": lambda size, _: (
        [],
        [segment(each, whole(label_slot(each), b"x")) for each in range(size)],
    ),
    "duplicates": lambda size, _: ([], [_one(1)] * size),
    "gaps": lambda size, _: ([], [segment(9, whole(label_slot(9), b"x"))] * size),
    "a violation and what follows": lambda size, _: (
        [Fin(1, 0)],
        [segment(0, whole(label_slot(0), b"x"))] * size,
    ),
    "sessions that ended here": lambda size, _: ([], [_one(2)] * size),
    "sessions that she is not in": lambda size, _: ([], [_one(3)] * size),
}


def _one(session: int) -> Segment:
    return segment(0, whole(label_slot(0), b"x"), session=session)


@pytest.mark.parametrize("flood", FLOODS)
def test_a_batch_costs_no_more_than_its_size(flood: str) -> None:
    def cost(size: int) -> int:
        there = Attacked(labels=True)
        there.alice.open(2, terms(labels=True)).abort("over")
        there.alice.open(3, terms(labels=True), [CAROL])
        for label in range(size):
            park(there.pair, label_slot(1_000 + label))
        for other in range(size):
            there.alice.open(1_000_000 + other)
        sent, segments = FLOODS[flood](size, there)
        return there.cost(there.batch(*segments, controls=tuple(sent)))

    assert_linear(cost)


def test_receipts_cost_no_more_than_what_they_answer() -> None:
    def cost(size: int) -> int:
        there = Attacked(labels=True)
        for label in range(size):
            there.pair.put(label_slot(label), b"x")
        flights = there.alice.flights(BOB)
        entry = FlowReceipt(1, Status.ACTIVE, size, 0, 4096, 1 << 26)
        return calls_of(lambda: there.alice.answered(BOB, flights[0], Receipt([], [entry])))

    assert_linear(cost)


def test_a_hello_costs_once_for_each_session_and_a_second_not_at_all() -> None:
    def cost(size: int) -> int:
        there = Attacked()
        for other in range(size):
            there.alice.open(10 + other)
        there.clock.now += 10.0
        return calls_of(lambda: there.alice.table.greeted(BOB, incarnation(BOB, 2), 10.0))

    assert_linear(cost)
