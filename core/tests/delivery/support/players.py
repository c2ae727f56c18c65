"""Small programs that run in a `World`: a list of steps, each done once it can be done.

A player waits as the calls of a session do: it parks a waiter, and looks again when it is woken.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import attrs

from partywire.delivery.waiting import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.tests.delivery.support.world import World
    from partywire.delivery.pair import Pair
    from partywire.delivery.sessions import LocalSession
    from partywire.errors import PartywireError


@attrs.frozen
class Send:
    """Send when there is room."""

    peer: str
    slot: int
    data: bytes


@attrs.frozen
class Receive:
    """Receive what is in the slot of a peer."""

    peer: str
    slot: int


@attrs.frozen
class NextRound:
    """Go on to the next round."""


@attrs.frozen
class Pause:
    """Do nothing for so many seconds."""

    seconds: float


Step = Send | Receive | NextRound | Pause


class Player:
    """One party's program in one session.

    Errors of a pair are noted, and the program goes on without it.

    Attributes:
        sent: what was accepted for sending, by peer.
        received: what was received, by peer.
        errors: what a step raised, by peer; a failed pair has one.
    """

    def __init__(
        self, world: World, local: LocalSession, steps: Iterable[Step], done: Callable[[], None]
    ) -> None:
        self.world = world
        self.local = local
        self.steps = deque(steps)
        self.done = done
        self.sent: dict[str, list[Send]] = {party: [] for party in local.pairs}
        self.received: dict[str, list[tuple[int, bytes]]] = {party: [] for party in local.pairs}
        self.errors: dict[str, PartywireError] = {}
        self.finished = False
        self._waiter: Waiter | None = None
        self._soon = False

    def wake(self) -> None:
        """Go on from the loop, once for many calls."""
        if not self._soon:
            self._soon = True
            self.world.after(0.0, self.go)

    def go(self) -> None:
        self._soon = False
        while self.steps and not self.finished:
            step = self.steps[0]
            if isinstance(step, Pause):
                self.steps.popleft()
                self.world.after(step.seconds, self.go)
                return
            if isinstance(step, NextRound):
                self.local.next_round(0.0)
            elif not (self.send(step) if isinstance(step, Send) else self.receive(step)):
                return
            self.steps.popleft()
        if not self.finished:
            self.finished = True
            self.done()

    def send(self, step: Send) -> bool:
        """Send and return True, or wait for room."""
        pair = self.local.pairs[step.peer]
        if pair.failure is None and not (pair.completed or pair.outbox.has_room(len(step.data))):
            if self._waiter is None:
                self._waiter = self.new_waiter(step.slot)
                pair.room = deque((self._waiter,))
            return False
        self._waiter = pair.room = None
        if pair.failure is not None:
            self.errors.setdefault(step.peer, pair.failure)
        else:
            self.sent[step.peer].append(step)
            pair.put(step.slot, step.data)
            pair.peer.dispatch.rouse()
        return True

    def receive(self, step: Receive) -> bool:
        """Receive and return True, or wait for the message."""
        pair = self.local.pairs[step.peer]
        if step.slot in pair.intake.mailbox:
            self.unpark(pair, step.slot)
            self.received[step.peer].append((step.slot, pair.take(step.slot)))
            return True
        error = pair.slot_error(step.slot)
        if error is not None:
            self.unpark(pair, step.slot)
            self.errors.setdefault(step.peer, error)
            return True
        if self._waiter is None:
            self._waiter = self.new_waiter(step.slot)
            pair.park(self._waiter)
            self.make_way(pair, step.slot)
        return False

    def make_way(self, pair: Pair, slot: int) -> None:
        """A receive of labels lets heads in that were refused so far."""
        if self.local.labels:
            for other in self.local.pairs.values():
                other.reconsider()
            if pair.intake.refused is not None and slot not in pair.intake.mailbox:
                pair.overflow()

    def unpark(self, pair: Pair, slot: int) -> None:
        if self._waiter is not None:
            pair.unpark(slot, self.world.clock.now)
            self._waiter = None

    def new_waiter(self, slot: int) -> Waiter:
        return Waiter(slot, self.world.clock.now, None, self.wake)
