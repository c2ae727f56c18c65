"""Parties joined by connections that are slow and break, in a time that runs by events.

No task, no socket, no clock: a heap of (time, what happens). Batches cross as bytes. When a
connection breaks, a batch on its way is lost or comes all the same, late, and its answer is lost in
any case; as with a real one, the sender cannot tell which.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from core.tests.delivery.support.making import Clock, Party
from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from partywire.delivery.dispatch import Flight
    from partywire.delivery.limits import Limits

LONGEST_DELAY = 0.05


class Wire:
    """What one party dialled to another.

    Its batches go out, their receipts come back, each in order.
    """

    def __init__(self, world: World, source: Party, target: Party) -> None:
        self.world = world
        self.source = source
        self.target = target
        self.dispatch = source.table.peers[target.name].dispatch
        self.dispatch.wake = self.woken
        self.up = False
        self.life = 0
        self.next_out = self.next_back = 0.0

    def connect(self) -> None:
        """Greet in both directions, and send what is there."""
        self.up = True
        self.target.table.greeted(
            self.source.name, self.source.incarnation, asked=self.world.clock.now
        )
        self.source.greet(self.target.name, self.target.incarnation)
        self.dispatch.awake = True
        self.pump()

    def woken(self) -> None:
        """Look a little later, as the courier's task does."""
        self.world.after(0.0, self.pump)

    def pump(self) -> None:
        while self.up and (flight := self.dispatch.next()) is not None:
            self.send(flight)

    def send(self, flight: Flight) -> None:
        data, life = encode_batch(flight.batch), self.life
        comes_late = self.world.chance.random() < 0.5
        self.next_out = max(self.next_out, self.world.clock.now + self.world.delay())

        def arrive() -> None:
            if life == self.life or comes_late:
                receipt = self.target.table.accept(self.source.name, decode_batch(data))
                self.answer(flight, encode_receipt(receipt), life)

        self.world.at(self.next_out, arrive)

    def answer(self, flight: Flight, data: bytes, life: int) -> None:
        self.next_back = max(self.next_back, self.world.clock.now + self.world.delay())

        def arrive() -> None:
            if life == self.life:
                self.dispatch.answered(flight, decode_receipt(data))

        self.world.at(self.next_back, arrive)

    def cut(self, downtime: float) -> None:
        """Break, and come back after a while."""
        if self.up:
            self.up = False
            self.life += 1
            self.dispatch.lost()
            self.world.after(downtime, self.connect)


class World:
    """All parties, a wire in each direction of each two, and what is going to happen."""

    def __init__(self, names: Sequence[str], limits: Limits, chance: random.Random) -> None:
        self.clock = Clock()
        self.chance = chance
        self.steps = 0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self.parties = {name: Party(name, self.clock, limits, names) for name in names}
        self.wires = {
            (one.name, other.name): Wire(self, one, other)
            for one in self.parties.values()
            for other in self.parties.values()
            if one is not other
        }
        for wire in self.wires.values():
            self.after(self.delay(), wire.connect)

    def delay(self) -> float:
        return self.chance.random() * LONGEST_DELAY

    def at(self, when: float, action: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._heap, (when, self._order, action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self.at(self.clock.now + seconds, action)

    def run(self, until: float, most_steps: int = 20_000) -> None:
        """Let everything happen up to that time; too many steps are a livelock."""
        while (due := self._next_due()) is not None and due <= until:
            self.steps += 1
            assert self.steps <= most_steps, f"no rest after {most_steps} steps"
            self.clock.now = max(self.clock.now, due)
            if self._heap and self._heap[0][0] <= due:
                heappop(self._heap)[2]()
            for party in self.parties.values():
                party.agenda.run()
        self.clock.now = until

    def _next_due(self) -> float | None:
        times = [party.agenda.next() for party in self.parties.values()]
        if self._heap:
            times.append(self._heap[0][0])
        return min((time for time in times if time is not None), default=None)

    def left_over(self) -> list[str]:
        """Return, in words, what is still held anywhere."""
        found = []
        for party in self.parties.values():
            found += [f"{party.name}: session {local.id}" for local in party.table.sessions()]
            for peer in party.table.peers.values():
                held = {
                    "budget": peer.budget.held,
                    "early bytes": peer.early.cost,
                    "early sessions": len(peer.early),
                    "dispatch": not peer.dispatch.empty,
                }
                found += [f"{party.name}: {what} of {peer.party}" for what in held if held[what]]
        return found
