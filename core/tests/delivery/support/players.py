"""A program that runs in a `World`: each step is done once it can be done.

A player waits as the calls of a session do: it parks a waiter, and looks again when it is woken.
"""

from __future__ import annotations

import hashlib
from collections import deque
from typing import TYPE_CHECKING

from core.tests.delivery.support.programs import NextRound, Pause, Receive, Send, Step
from partywire.delivery.waiting import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.tests.delivery.support.world import Life
    from partywire.delivery.pair import Pair
    from partywire.delivery.sessions import LocalSession
    from partywire.errors import PartywireError


class Player:
    """One program of one party's life in one session.

    Errors are noted, and the program goes on.

    Attributes:
        sent: what was accepted for sending, by peer: slots and messages, in order.
        received: what was received, by peer.
        errors: what steps ended with, and they themselves.
        finished: whether it does nothing more.
    """

    def __init__(
        self,
        life: Life,
        local: LocalSession,
        steps: Iterable[Step],
        round_timeout: float,
        done: Callable[[], None],
    ) -> None:
        self.life = life
        self.local = local
        self.steps = deque(steps)
        self.round_timeout = round_timeout
        self.done = done
        self.sent: dict[str, list[tuple[int, bytes]]] = {party: [] for party in local.pairs}
        self.received: dict[str, list[tuple[int, bytes]]] = {party: [] for party in local.pairs}
        self.errors: list[tuple[Send | Receive, PartywireError]] = []
        self.finished = False
        self._waiter: Waiter | None = None
        self._soon = False

    def wake(self) -> None:
        """Go on from the loop, once for many calls."""
        if not self._soon:
            self._soon = True
            self.life.world.after(0.0, self._woken)

    def stop(self) -> None:
        """Do nothing more, as a cancelled task: what it waits for is withdrawn."""
        self.finished = True
        if self._waiter is not None and self.steps:
            step = self.steps[0]
            if isinstance(step, Send):
                self._leave_line(self.local.pairs[step.peer])
            elif isinstance(step, Receive):
                self._unpark(self.local.pairs[step.peer], step.slot)

    def _woken(self) -> None:
        self._soon = False
        self._go()

    def _go(self) -> None:
        while self.steps and not self.finished:
            step = self.steps[0]
            if isinstance(step, Pause):
                self.steps.popleft()
                self.life.world.after(step.seconds, self._go)
                return
            if isinstance(step, NextRound):
                self.local.next_round(self.round_timeout)
            elif not self._call(step):
                return
            self.steps.popleft()
        if not self.finished:
            self.finished = True
            self.done()

    def _call(self, step: Send | Receive) -> bool:
        """Do a step and return True, or wait. The first one starts the session's clock."""
        if self.local.clock is not None:
            self.local.clock.start(self.life.agenda.now())
        pair = self.local.pairs[step.peer]
        return self._send(pair, step) if isinstance(step, Send) else self._receive(pair, step)

    def _send(self, pair: Pair, step: Send) -> bool:
        """Send and return True, or wait for room."""
        waiter = self._waiter
        error = pair.failure or (None if waiter is None else waiter.error)
        if error is not None:
            self.errors.append((step, error))
        elif self._is_first(pair) and (pair.completed or pair.outbox.has_room(step.size)):
            sent = self.sent[step.peer]
            data = payload(self.local.id, str(self.life), step, len(sent))
            sent.append((step.slot, data))
            self._hold(pair, step.slot, data)
        else:
            if waiter is None:
                self._waiter = self._new_waiter(step.slot)
                pair.room = pair.room or deque()
                pair.room.append(self._waiter)
            return False
        self._leave_line(pair)
        return True

    def _is_first(self, pair: Pair) -> bool:
        """Tell whether no other program stands in line before this one."""
        return not pair.room or pair.room[0] is self._waiter

    def _hold(self, pair: Pair, slot: int, data: bytes) -> None:
        """Put a message into the outbox, and hand over at once what did not wait for room."""
        if self._waiter is not None:
            pair.put(slot, data)
            pair.peer.dispatch.rouse()
        else:
            pair.hold(slot, data)
            if not pair.queued:
                pair.peer.dispatch.hand_over(pair)

    def _receive(self, pair: Pair, step: Receive) -> bool:
        """Receive and return True, or wait for the message."""
        slot = step.slot
        if slot in pair.intake.mailbox:
            self._unpark(pair, slot)
            self.received[step.peer].append((slot, pair.take(slot)))
            return True
        error = pair.slot_error(slot)
        if error is not None:
            self._unpark(pair, slot)
            self.errors.append((step, error))
            return True
        if self._waiter is None:
            self._waiter = self._new_waiter(slot)
            pair.park(self._waiter)
            self._make_way(pair, slot)
        return False

    def _make_way(self, pair: Pair, slot: int) -> None:
        """A receive of labels lets heads in that were refused so far."""
        if self.local.labels:
            for other in self.local.pairs.values():
                other.reconsider()
            if pair.intake.refused is not None and slot not in pair.intake.mailbox:
                pair.overflow()

    def _unpark(self, pair: Pair, slot: int) -> None:
        if self._waiter is not None:
            pair.unpark(slot, self.life.agenda.now())
            self._waiter = None

    def _leave_line(self, pair: Pair) -> None:
        if self._waiter is not None and pair.room:
            pair.room.remove(self._waiter)
            self._waiter = None
            pair.wake_senders()

    def _new_waiter(self, slot: int) -> Waiter:
        clock = self.local.clock
        deadline = None if clock is None else clock.deadline()
        if deadline is not None:
            self.local.alarms.watch_deadline(deadline)
        return Waiter(slot, self.life.agenda.now(), deadline, self.wake)


def payload(session: int, life: str, step: Send, number: int) -> bytes:
    """Return bytes that nobody else sends, and a party's life only once."""
    place = f"{session} {life} {step.peer} {step.slot} {number}"
    return hashlib.shake_128(place.encode()).digest(step.size)
