"""A reception whose host, router and clocks are the test's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from partywire.delivery.agenda import Agenda
from partywire.delivery.hello import NONCE, Hello, HelloAnswer, Way, WayBack
from partywire.delivery.records import Batch, Receipt
from partywire.identity import Evidence, Identity, Verdict
from partywire.interfaces import IdentityVerifier, SessionRouter
from partywire.judge import Verifiers
from partywire.node.introduction import Acquaintance, Introduction
from partywire.node.reception import Reception
from partywire.node.surroundings import Surroundings
from partywire.node.visitor import House, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywire.errors import TransportError
    from partywire.node.bell import Bell
    from partywire.node.prover import Prover

LIFE = b"b" * NONCE
PATIENCE = 0.02
"""Seconds."""
FIRST = Hello("node", LIFE, 0.0, b"roster", 0.0, nonce=b"n" * NONCE)


class Believes(IdentityVerifier):
    """Believes everybody, for a while."""

    def __init__(self, valid_until: float | None = None) -> None:
        self.valid_until = valid_until

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        return Verdict(expected, self.valid_until)


class Counts(SessionRouter):
    """Counts what gets through."""

    def __init__(self) -> None:
        self.taken = 0

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        raise NotImplementedError

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt:
        self.taken += 1
        return Receipt([], [])


def fails(problem: TransportError) -> None:
    raise AssertionError(problem)


class Desk:
    """Alice's reception, with a wall clock that the test holds."""

    def __init__(
        self,
        valid_until: float | None = None,
        router: Counts | None = None,
        prover: Prover | None = None,
    ) -> None:
        self.now, self.clock = 100.0, 0.0
        self.told: list[tuple[str, bytes]] = []
        self.roster: Callable[[], bytes] = lambda: b"roster"
        self.router = router or Counts()
        introduction = Introduction(
            "alice",
            b"a" * NONCE,
            0.0,
            lambda: self.roster(),
            Surroundings(now=lambda: self.clock, wall=lambda: self.now),
            prover=prover,
        )
        self.agenda = Agenda(lambda: self.clock)
        self.dismissed: list[TransportError] = []
        self.room: Bell | None = None
        """Of a peer of single calls; None for one of batches."""
        house = House(
            self.router, introduction, self.agenda, self, patience=PATIENCE, proof_lifetime=60.0
        )
        self.reception = Reception(["bob"], Verifiers((Believes(valid_until),)), house)

    def greeted(self, party: str, there: Acquaintance) -> None:
        self.told.append((party, there.hello.incarnation))

    def hung_up(self, party: str) -> None:
        self.told.append((party, b"hung up"))

    def called(self, party: str) -> None:
        self.told.append((party, b"called"))

    def unary(self, _: str) -> bool:
        return self.room is not None

    def room_of(self, _: str) -> Bell:
        assert self.room is not None
        return self.room

    def way_back(self, party: str) -> WayBack:
        return {"bob": WayBack(Way.UNREACHABLE, 7.0)}[party]

    def bob(self) -> Visitor:
        return self.reception.arrive(Evidence("bob", "somewhere"), self.dismissed.append)


def third(second: HelloAnswer, **changes: Any) -> Hello:
    assert isinstance(second, Hello)
    return attrs.evolve(FIRST, nonce=b"", echo=second.nonce, **changes)


BATCH = Batch(LIFE, b"a" * NONCE, [], [])
