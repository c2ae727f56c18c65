"""What befalls nodes on a simulated network, as data: each is a fault of the `Simulation`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from core.tests.delivery.support import faults as pure
from core.tests.delivery.support.faults import FOR_EVER, Fault

if TYPE_CHECKING:
    from partywire_inmemory import Simulation


@attrs.frozen
class Road:
    """The settings of one direction of a link; see `partywire_inmemory.Link`."""

    latency: float = 0.0
    jitter: float = 0.0
    bandwidth: float = FOR_EVER
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0

    until = 0.0

    @property
    def outage(self) -> float | None:
        """What is lost is sent again, so that a hello is late and an attempt may fail."""
        return 0.0 if self.loss else None


@attrs.frozen
class Partition(Fault):
    """Nothing passes between the party, with ``beside``, and all others.

    Connections break after ``breaks_after`` seconds of it. A short one that breaks them at once is
    a cut.
    """

    beside: tuple[str, ...]
    seconds: float
    breaks_after: float

    @property
    def over(self) -> float:
        return self.when if self.seconds == FOR_EVER else self.when + self.seconds

    def outage(self, one: str, other: str) -> float:
        side = (self.party, *self.beside)
        return self.seconds if (one in side) != (other in side) else 0.0

    def strike(self, stage: Simulation) -> None:
        side = (self.party, *self.beside)
        until = _until(self)
        stage.partition(side, at=self.when, until=until, breaks_after=self.breaks_after)


@attrs.frozen
class HalfOpen(Fault):
    """What the party sends to ``peer`` vanishes, and nobody is told."""

    peer: str
    seconds: float

    @property
    def over(self) -> float:
        return self.when if self.seconds == FOR_EVER else self.when + self.seconds

    def outage(self, one: str, other: str) -> float:
        return self.seconds if {one, other} == {self.party, self.peer} else 0.0

    def strike(self, stage: Simulation) -> None:
        stage.half_open(self.party, self.peer, at=self.when, until=_until(self))


@attrs.frozen
class Crash(Fault):
    """The party's node dies, at its time or in a round, and lives again after ``downtime``."""

    excuses = pure.Crash.excuses

    downtime: float
    round: int | None

    @property
    def over(self) -> float:
        return self.when if self.downtime == FOR_EVER else self.when + self.downtime

    def strike(self, stage: Simulation) -> None:
        again = None if self.downtime == FOR_EVER else self.downtime
        when = self.when if self.round is None else None
        stage.crash(self.party, at=when, round=self.round, restart_after=again)


@attrs.frozen
class Skew(Fault):
    """The party's wall clock is wrong by so many seconds, which is no excuse for anything."""

    seconds: float

    def strike(self, stage: Simulation) -> None:
        stage.skew(self.party, self.seconds)


def _until(fault: Partition | HalfOpen) -> float | None:
    return None if fault.seconds == FOR_EVER else fault.when + fault.seconds
