"""What one batch of a malicious peer costs grows with its size, and with nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tests.delivery.support.counting import assert_linear, calls_of
from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    Clock,
    Party,
    park,
    segment,
    settle,
    terms,
    whole,
)
from partywire.delivery.limits import MIB, Limits
from partywire.delivery.records import Batch, Record, label_slot

if TYPE_CHECKING:
    from partywire.delivery.records import Control, Segment


class Attacked:
    """Alice and Bob with one session, into which Bob sends what the test says."""

    def __init__(self, limits: Limits | None = None, *, labels: bool = False) -> None:
        self.clock = Clock()
        limits = limits or Limits()
        self.alice = Party(ALICE, self.clock, limits, (ALICE, BOB))
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
