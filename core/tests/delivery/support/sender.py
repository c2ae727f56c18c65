"""A sender whose receipts the test makes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tests.delivery.support.making import BOB, CAROL, Clock, Party
from partywire.delivery import controls
from partywire.delivery.limits import Limits
from partywire.delivery.records import FlowReceipt, Grant, Open, OpenReceipt, Receipt, Status

if TYPE_CHECKING:
    from partywire.delivery.dispatch import Flight
    from partywire.delivery.pair import Pair

ROOM = (4096, 1 << 26)


def active(number: int, offset: int = 0) -> Receipt:
    return Receipt([], [FlowReceipt(1, Status.ACTIVE, number, offset, *ROOM)])


class Sender:
    """Alice with one session and three messages on their way to Bob."""

    def __init__(self, *, opened: bool = True) -> None:
        self.clock = Clock()
        self.alice = Party("alice.example", self.clock, Limits(full_timeout=300.0))
        self.local = self.alice.open()
        self.pair: Pair = self.local.pairs[BOB]
        self.alice.flights(CAROL)
        if opened:
            self.opens()
            (flight,) = self.alice.flights(BOB)
            self.alice.answered(BOB, flight, Receipt([OpenReceipt(1, Status.ACTIVE)], []))
        for number in range(3):
            self.pair.put(number, b"%d" % number)
        (self.flight,) = self.alice.flights(BOB)

    def opens(self, number: int = 0) -> None:
        controls.obey(self.pair, Open(1, self.local.terms, number, 0, *ROOM))

    def credits(self, number: int) -> None:
        controls.obey(self.pair, Grant(1, number, 0, *ROOM))

    def answer(self, status: Status, number: int = 0, flight: Flight | None = None) -> None:
        flight = flight or self.flight
        opens = [
            OpenReceipt(1, Status.INACTIVE)
            for control in flight.batch.controls
            if isinstance(control, Open)
        ]
        receipt = Receipt(opens, [FlowReceipt(1, status, number, 0, *ROOM)])
        self.alice.answered(BOB, flight, receipt)

    def sent(self) -> list[int]:
        """Return the numbers of the messages that go out now."""
        numbers: list[int] = []
        for flight in self.alice.flights(BOB):
            for segment in flight.batch.segments:
                numbers += range(segment.number, segment.number + len(segment.records))
        return numbers
