"""How a session's calls wait: for slots, for room, for delivery.

One wake-up serves a whole batch, and deadlines are the session's alarm: no call has a timer or a
cancel scope of its own.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import anyio
import attrs

from partywire.delivery.agenda import Agenda
from partywire.delivery.pair import Pair
from partywire.delivery.sessions import LocalSession
from partywire.delivery.waiting import Waiter
from partywire.errors import (
    DeliveredByCallback,
    FlushTimeout,
    PartywireError,
    ReceiveConflict,
    RoundReceived,
    SessionClosed,
)
from partywire.session.signals import Signal
from partywire.session.views import awaited


@attrs.frozen
class Waiting:
    """What waiting takes, for one session; ``new_signal`` makes a wake-up in the running loop."""

    local: LocalSession
    agenda: Agenda
    new_signal: Callable[[], Signal]

    def deadline(self) -> float | None:
        """Return when waits of this round end, or None where they have no end."""
        clock = self.local.clock
        return None if clock is None else clock.deadline()

    def raise_if_over(self) -> None:
        """Raise what ends every call of the session, if there is such a thing."""
        if self.local.failure is not None:
            raise self.local.failure.again()
        if self.local.left:
            raise SessionClosed(self.local.id)


class SlotWait:
    """Wait for one slot of some peers. A context manager, so that no waiter is left behind."""

    __slots__ = ("_ended", "_pairs", "_signal", "_slot", "_waiting")

    def __init__(self, waiting: Waiting, pairs: Sequence[Pair], slot: int) -> None:
        """Prepare; nothing is registered yet."""
        self._waiting = waiting
        self._pairs = pairs
        self._slot = slot
        self._ended: dict[Pair, float] = {}
        self._signal: Signal | None = None

    def __enter__(self) -> "SlotWait":
        """Register with each pair; raise `ReceiveConflict` where a call waits already."""
        waiting, slot = self._waiting, self._slot
        local, deadline = waiting.local, waiting.deadline()
        since = waiting.agenda.now()
        for pair in self._pairs:
            refuse_second(pair, slot)
        for pair in self._pairs:
            pair.park(Waiter(slot, since, deadline, self._wake))
        if deadline is not None:
            local.alarms.watch_deadline(deadline)
        if local.labels:
            make_way(local, self._pairs, slot)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Withdraw the waiters, and count the time."""
        now = self._waiting.agenda.now()
        for pair in self._pairs:
            pair.unpark(self._slot, self._ended.get(pair, now))

    async def wait(self) -> None:
        """Wait until something changes for one of the peers."""
        self._signal = signal = self._waiting.new_signal()
        self._note_ends()
        await signal

    def _note_ends(self) -> None:
        """Remember when a peer was no longer waited for, while the call goes on waiting."""
        now = self._waiting.agenda.now()
        for pair in self._pairs:
            if pair not in self._ended and not awaited(pair, self._slot):
                self._ended[pair] = now

    def _wake(self) -> None:
        if self._signal is not None:
            self._signal.set()


async def wait_for_slot(waiting: Waiting, pair: Pair, slot: int) -> None:
    """Return when the pair holds the slot; raise why it will not.

    The one-peer case of `SlotWait`, spelled out: this is where a round trip spends its time.
    """
    local, now, held = waiting.local, waiting.agenda.now, pair.intake.mailbox.by_slot
    refuse_second(pair, slot)
    deadline = waiting.deadline()
    signal = waiting.new_signal()
    waiter = Waiter(slot, now(), deadline, signal.set)
    pair.park(waiter)
    try:
        if deadline is not None:
            local.alarms.watch_deadline(deadline)
        if local.labels:
            make_way(local, (pair,), slot)
        while slot not in held:
            error = local.failure or waiter.error or pair.unread_error()
            if error is not None:
                raise error.again()
            if local.left:
                raise SessionClosed(local.id)
            await signal
            if slot not in held:
                signal = waiting.new_signal()
                waiter.wake = signal.set
    finally:
        pair.unpark(slot, now())


def refuse_second(pair: Pair, slot: int) -> None:
    """Raise where the message goes to somebody else, or was received already."""
    if pair.session.sink is not None and pair.session.failure is None:
        raise DeliveredByCallback(pair.session.id)
    if pair.waits_for(slot):
        raise ReceiveConflict(pair.session.id, pair.party, slot)
    if 0 <= slot == pair.received_round:
        raise RoundReceived(pair.session.id, pair.party, slot)


def make_way(local: LocalSession, pairs: Sequence[Pair], slot: int) -> None:
    """Let heads come in that were refused so far; where that is not possible, say so."""
    for pair in local.pairs.values():
        if pair.intake.refused is not None:
            pair.reconsider()
    for pair in pairs:
        if pair.intake.refused is not None and slot not in pair.intake.mailbox.by_slot:
            pair.overflow()


async def wait_for_room(waiting: Waiting, pair: Pair, slot: int, size: int) -> None:
    """Return when it is this call's turn and the outbox has room; raise why it will not have."""
    signal = waiting.new_signal()
    deadline = waiting.deadline()
    waiter = Waiter(slot, waiting.agenda.now(), deadline, signal.set)
    if pair.room is None:
        pair.room = deque()
    line = pair.room
    line.append(waiter)
    if deadline is not None:
        waiting.local.alarms.watch_deadline(deadline)
    try:
        while line[0] is not waiter or not (pair.completed or pair.outbox.has_room(size)):
            _raise_if_hopeless(waiting, pair, waiter)
            await signal
            signal = waiting.new_signal()
            waiter.wake = signal.set
        _raise_if_hopeless(waiting, pair, waiter)
    finally:
        line.remove(waiter)
        pair.waited += waiting.agenda.now() - waiter.since
        pair.wake_senders()


def _raise_if_hopeless(waiting: Waiting, pair: Pair, waiter: Waiter) -> None:
    waiting.raise_if_over()
    error = pair.failure or waiter.error
    if error is not None:
        raise error.again()


async def wait_for_delivery(waiting: Waiting, seconds: float | None) -> None:
    """Return when all that was sent so far is in opened mailboxes, or was not wanted any more."""
    local = waiting.local
    targets = {pair: pair.outbox.end for pair in local.pairs.values()}
    signal = waiting.new_signal()
    waiter = Waiter(0, waiting.agenda.now(), None, signal.set)
    local.flushers.append(waiter)
    try:
        with anyio.move_on_after(seconds):
            while _pending(targets):
                _raise_first_failure(waiting)
                await signal
                signal = waiting.new_signal()
                waiter.wake = signal.set
    finally:
        local.flushers.remove(waiter)
    _raise_first_failure(waiting)
    if pending := _pending(targets):
        raise FlushTimeout(local.id, pending)


def _pending(targets: Mapping[Pair, int]) -> dict[str, int]:
    return {
        pair.party: target - pair.outbox.first
        for pair, target in targets.items()
        if not pair.completed and pair.outbox.first < target
    }


def _raise_first_failure(waiting: Waiting) -> None:
    waiting.raise_if_over()
    for pair in waiting.local.pairs.values():
        if pair.failure is not None:
            raise pair.failure.again()


def errors_of(pairs: Sequence[Pair], slot: int) -> dict[str, PartywireError]:
    """Return, by party, why the slot will not come from those that do not hold it."""
    return {
        pair.party: error
        for pair in pairs
        if slot not in pair.intake.mailbox and (error := pair.slot_error(slot)) is not None
    }
