"""Who took part in what, and what became of it: all that is judged when a schedule is over."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import attrs

from core.tests.delivery.support.plans import Computation
from partywire.delivery.sessions import LocalSession

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterable, Mapping

    from core.tests.delivery.support.plans import Part, Plan
    from core.tests.delivery.support.programs import Receive, Send, Step
    from partywire.delivery.agenda import Agenda
    from partywire.delivery.pair import Pair
    from partywire.delivery.table import SessionTable
    from partywire.errors import PartywireError


class Life(Protocol):
    """One life of a party's node."""

    @property
    def name(self) -> str: ...

    @property
    def alive(self) -> bool: ...

    @property
    def table(self) -> SessionTable: ...

    @property
    def agenda(self) -> Agenda: ...


class Played(Protocol):
    """What came of one program; see `Player`."""

    @property
    def steps(self) -> deque[Step]: ...

    @property
    def sent(self) -> Mapping[str, list[tuple[int, bytes]]]: ...

    @property
    def received(self) -> Mapping[str, list[tuple[int, bytes]]]: ...

    @property
    def errors(self) -> list[tuple[Send | Receive, PartywireError]]: ...

    @property
    def finished(self) -> bool: ...


P = TypeVar("P", bound=Played)


class Ending(Enum):
    """How a part came to its end."""

    FINISHED = "came to the end of its programs"
    STOPPED = "stopped midway"
    CRASHED = "crashed"


@attrs.define(eq=False)
class Participant(Generic[P]):
    """One life of a party in one session."""

    computation: Computation
    life: Life
    local: LocalSession
    players: list[P] = attrs.Factory(list)
    ending: Ending | None = None

    def __str__(self) -> str:
        return f"{self.life} in session {self.local.id}"

    @property
    def party(self) -> str:
        return self.life.name

    @property
    def part(self) -> Part:
        return self.computation.parts[self.party]

    def pair(self, peer: str) -> Pair:
        return self.local.pairs[peer]

    def sent(self, peer: str) -> list[tuple[int, bytes]]:
        return [message for player in self.players for message in player.sent[peer]]

    def received(self, peer: str) -> list[tuple[int, bytes]]:
        return [message for player in self.players for message in player.received[peer]]

    def errors(self, peer: str) -> list[PartywireError]:
        """Return what its calls ended with that concerned a peer."""
        return [e for player in self.players for step, e in player.errors if step.peer == peer]


class Performed(Protocol):
    """A `Plan` that was carried out, by couriers alone or by nodes."""

    @property
    def plan(self) -> Plan: ...

    @property
    def participants(self) -> Iterable[Participant[Any]]: ...

    def living(self) -> Iterable[Any]:
        """Return the lives that have not ended."""
