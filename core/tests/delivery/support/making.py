"""Short ways to make the pure classes of the delivery room, with a clock that the test holds."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from partywire.delivery.agenda import Agenda
from partywire.delivery.ids import parties_digest
from partywire.delivery.limits import Limits
from partywire.delivery.records import Receipt, Record, Segment, Terms
from partywire.delivery.table import SessionTable
from partywire.delivery.waiting import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from partywire.delivery.dispatch import Flight
    from partywire.delivery.pair import Pair
    from partywire.delivery.sessions import LocalSession

ALICE = "alice.example"
BOB = "bob.example"
CAROL = "carol.example"
EVERYBODY = (ALICE, BOB, CAROL)


class Clock:
    """Time that stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def terms(
    parties: Iterable[str] = (ALICE, BOB),
    *,
    labels: bool = False,
    timing: str = "asynchronous",
    look_ahead: int = 32,
    largest_message: int = 1 << 31,
) -> Terms:
    return Terms(parties_digest(parties), timing, labels, look_ahead, largest_message)


def incarnation(party: str, life: int = 0) -> bytes:
    return f"{party[:12]:12}{life:4}".encode()


def whole(slot: int, data: bytes) -> Record:
    return Record(slot, 0, len(data), data)


def segment(number: int, *records: Record, session: int = 1, acknowledged: int = 0) -> Segment:
    return Segment(session, acknowledged, number, list(records))


def park(pair: Pair, slot: int, wake: Callable[[], None] = lambda: None) -> Waiter:
    """Let a call wait for a slot, as a receive does."""
    waiter = Waiter(slot, pair.peer.agenda.now(), None, wake)
    pair.park(waiter)
    return waiter


class Party:
    """A session table with its own agenda, greeted by everybody else."""

    def __init__(
        self, name: str, clock: Clock, limits: Limits | None = None, others: Iterable[str] = ()
    ) -> None:
        self.name = name
        self.agenda = Agenda(clock)
        self.incarnation = incarnation(name)
        peers = [other for other in others or EVERYBODY if other != name]
        self.table = SessionTable(peers, limits or Limits(), self.agenda, self.incarnation)
        for peer in peers:
            self.greet(peer, incarnation(peer))

    def greet(self, peer: str, life: bytes) -> None:
        """The peer's hello was completed, in both directions."""
        self.table.greeted(peer, life, asked=self.agenda.now())
        self.table.peers[peer].callers = 1
        dispatch = self.table.peers[peer].dispatch
        dispatch.sender, dispatch.receiver = self.incarnation, life

    def open(
        self, session: int = 1, given: Terms | None = None, peers: Iterable[str] = ()
    ) -> LocalSession:
        """Open a session with everybody, or with those named."""
        return self.table.open(
            session,
            given or terms(),
            list(peers or self.table.peers),
            round_timeout=120.0,
            one_for_all=False,
        )

    def flights(self, peer: str) -> list[Flight]:
        """Take all that can be sent to a peer now."""
        dispatch = self.table.peers[peer].dispatch
        return list(iter(dispatch.next, None))

    def answered(self, peer: str, flight: Flight, receipt: Receipt) -> None:
        """Bring the answer of a batch."""
        self.table.peers[peer].dispatch.answered(flight, receipt)


def carry(sender: Party, receiver: Party) -> list[Receipt]:
    """Bring everything from one party to the other, and the answers back."""
    receipts = []
    for flight in sender.flights(receiver.name):
        receipt = receiver.table.accept(sender.name, flight.batch)
        sender.answered(receiver.name, flight, receipt)
        receipts.append(receipt)
    return receipts


def settle(*parties: Party) -> None:
    """Carry between all of them until nothing moves."""
    for _ in range(100):
        moved = [
            carry(one, other)
            for one in parties
            for other in parties
            if other.name in one.table.peers
        ]
        if not any(moved):
            return
    raise AssertionError("the parties never come to rest")


@contextmanager
def small_chunks(chunk: int, quantum: int) -> Iterator[None]:
    """Let messages be cut into chunks of that size, wherever the size is known."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("partywire.delivery."):
                for constant, value in (("CHUNK", chunk), ("QUANTUM", quantum)):
                    if hasattr(module, constant):
                        patch.setattr(module, constant, value)
        yield
