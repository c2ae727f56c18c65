"""Parties joined by connections that fail in every way, in a time that runs by events.

No task, no socket, no clock: a heap of (time, what happens).
"""

from __future__ import annotations

import random
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

from core.tests.delivery.support.making import Clock, incarnation
from core.tests.delivery.support.network import Path, Weather
from core.tests.delivery.support.wires import Wire
from partywire.delivery.agenda import Agenda
from partywire.delivery.table import SessionTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from partywire.delivery.dispatch import Flight
    from partywire.delivery.limits import Limits

MOST_STEPS = 20_000
"""More of them are a loop: the longest schedule seen took a quarter of that."""


class Watch(Protocol):
    """Looks at every life after all that may break a rule."""

    def accepted(self, here: Life, party: str) -> None:
        """A batch of that party was accepted here."""

    def answered(self, here: Life, there: Life, flight: Flight) -> None:
        """The answer for a batch came here."""

    def greets(self, here: Life, there: Life) -> Callable[[], None]:
        """A hello is about to be completed; what is returned is called when it was."""


class Life:
    """One life of a party: its table, its clock, and a wire to each other party."""

    def __init__(self, world: World, name: str, number: int) -> None:
        self.world = world
        self.name = name
        self.number = number
        self.alive = True
        self.ahead = 0.0
        self.incarnation = incarnation(name, number)
        self.clock = Clock()
        self.clock.now = world.now
        self.agenda = Agenda(self.clock)
        others = [other for other in world.names if other != name]
        self.table = SessionTable(others, world.limits, self.agenda, self.incarnation)
        self.wires = {other: Wire(world, self, other) for other in others}

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    def greeted(self, other: Life, asked: float) -> None:
        """A hello proved that the other one was alive at ``asked``, or later."""
        done = self.world.watch.greets(self, other)
        self.table.greeted(other.name, other.incarnation, asked)
        done()

    def called(self, other: Life) -> None:
        """A connection that the other one has made was greeted."""
        peer = self.table.peers[other.name]
        peer.callers += 1
        peer.uncalled.end()
        self.wires[other.name].knock()

    def hung_up(self, party: str) -> None:
        """Such a connection has ended."""
        peer = self.table.peers[party]
        peer.callers -= 1
        if self.alive and not peer.callers and self.wires[party].connection is not None:
            peer.uncalled.begin()


class World:
    """All parties, a path in each direction of each two, and what is going to happen."""

    def __init__(
        self,
        names: Sequence[str],
        limits: Limits,
        weathers: Mapping[tuple[str, str], Weather],
        seed: int,
        watch: Watch,
    ) -> None:
        self.now = 0.0
        self.names = names
        self.limits = limits
        self.watch = watch
        self.chance = random.Random(seed)
        self.lives: list[Life] = []
        self.refusing: set[tuple[str, str]] = set()
        self.steps = 0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self.paths = {
            (one, other): Path(
                self, weathers.get((one, other), Weather()), random.Random(f"{seed} {one} {other}")
            )
            for one in names
            for other in names
            if one != other
        }

    def begin(self, name: str) -> Life:
        """Start a node, which dials everybody soon."""
        life = Life(self, name, sum(life.name == name for life in self.lives))
        self.lives.append(life)
        for wire in life.wires.values():
            if self.chance.random() < 0.5:
                self.after(self.chance.random() * 0.05, wire.want)
        return life

    def end(self, life: Life, *, silent: bool = False) -> None:
        """Let a life stop without a word: first its connections, then itself.

        A ``silent`` end is noticed by the others only because nothing answers any more.
        """
        for wire in life.wires.values():
            wire.close(silent=silent)
        life.alive = False
        wires = [other.wires[life.name] for other in self.living() if other.name != life.name]
        for wire in wires:
            if not silent and wire.connection is not None and wire.connection.there is life:
                wire.cut()

    def living(self) -> list[Life]:
        return [life for life in self.lives if life.alive]

    def at_address(self, name: str) -> Life | None:
        """Return who answers at a party's address: one of them, where two nodes run."""
        there = [life for life in self.living() if life.name == name]
        return self.chance.choice(there) if there else None

    def at(self, when: float, action: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._heap, (when, self._order, action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self.at(self.now + seconds, action)

    def run(self, until: float) -> None:
        """Let everything happen up to that time; too many steps are a livelock."""
        while (due := self._next_due()) <= until:
            self.steps += 1
            assert self.steps <= MOST_STEPS, f"no rest after {MOST_STEPS} steps"
            self._go_to(due)
            if self._heap and self._heap[0][0] <= due:
                heappop(self._heap)[2]()
            self._keep_appointments(due)
        self._go_to(until)

    def _next_due(self) -> float:
        due = self._heap[0][0] if self._heap else float("inf")
        for life in self.lives:
            if life.alive:
                when = life.agenda.next()
                if when is not None:
                    due = min(due, when - life.ahead)
        return due

    def _go_to(self, when: float) -> None:
        self.now = max(self.now, when)
        for life in self.lives:
            life.clock.now = max(life.clock.now, self.now + life.ahead)

    def _keep_appointments(self, due: float) -> None:
        """Run each agenda that is due; a clock that is ahead may be so by a rounding error more."""
        for life in self.living():
            when = life.agenda.next()
            if when is not None and when - life.ahead <= max(due, self.now):
                life.clock.now = max(life.clock.now, when)
                life.agenda.run()
