"""What ends a session's waits: the deadlines of its rounds, and messages that stop midway."""

from functools import partial
from typing import TYPE_CHECKING

from partywire.delivery.words import why_no_room, why_nothing_came
from partywire.errors import PeerStalled, RoundTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywire.delivery.agenda import Agenda, Appointment
    from partywire.delivery.pair import Pair
    from partywire.delivery.sessions import LocalSession
    from partywire.delivery.waiting import Waiter


class Alarms:
    """At most one appointment for all deadlines of a session, and one for each half message."""

    __slots__ = ("_agenda", "_alarm", "_partials", "_session")

    def __init__(self, session: "LocalSession", agenda: "Agenda") -> None:
        """Nothing is watched yet."""
        self._session = session
        self._agenda = agenda
        self._alarm: Appointment | None = None
        self._partials: dict[Pair, Appointment] | None = None

    def watch_deadline(self, deadline: float) -> None:
        """End the session's waits with that deadline, when it comes."""
        alarm = self._alarm
        if alarm is None or deadline < alarm.when:
            if alarm is not None:
                alarm.cancel()
            self._alarm = self._agenda.at(deadline, self._ring)

    def watch_partial(self, pair: "Pair") -> None:
        """Fail a pair whose large message makes no progress for ``limits.reassembly_timeout``.

        A peer that is not connected is another matter; see `Absence`.
        """
        if self._partials is None:
            self._partials = {}
        if pair not in self._partials:
            position = pair.intake.number, pair.intake.offset
            limit = self._session.limits.reassembly_timeout
            look = partial(self._look, pair, position)
            self._partials[pair] = self._agenda.after(limit, look)

    def cancel(self) -> None:
        """Watch nothing any more."""
        if self._alarm is not None:
            self._alarm.cancel()
        for appointment in (self._partials or {}).values():
            appointment.cancel()

    def _ring(self) -> None:
        """Refuse what is over, and watch the earliest of the others."""
        self._alarm = None
        now = self._agenda.now()
        for pair in self._session.pairs.values():
            for waiter in list((pair.intake.waiters or {}).values()):
                self._ring_for(pair, waiter, why_nothing_came, now)
            for waiter in list(pair.room or ()):
                self._ring_for(pair, waiter, why_no_room, now)

    def _ring_for(
        self, pair: "Pair", waiter: "Waiter", why: "Callable[[Pair], str]", now: float
    ) -> None:
        if waiter.deadline is None:
            return
        if waiter.deadline > now:
            self.watch_deadline(waiter.deadline)
            return
        heard = "; ".join(filter(None, (why(pair), pair.peer.link_text(now))))
        seconds = now - waiter.since
        waiter.refuse(RoundTimeout(self._session.id, pair.party, waiter.slot, seconds, heard))

    def _look(self, pair: "Pair", before: tuple[int, int]) -> None:
        if self._partials is not None:
            del self._partials[pair]
        if pair.intake.partial is None:
            return
        if not pair.peer.callers:
            self.watch_partial(pair)
        elif before == (pair.intake.number, pair.intake.offset):
            limit = self._session.limits.reassembly_timeout
            doing = "in the midst of a large message"
            pair.fail(PeerStalled(self._session.id, pair.party, limit, doing))
        else:
            self.watch_partial(pair)
