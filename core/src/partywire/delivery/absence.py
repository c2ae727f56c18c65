"""A peer that is out of reach in one direction, and the sessions that give it up in the end."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from partywire.errors import PeerUnreachable

if TYPE_CHECKING:
    from partywire.delivery.agenda import Agenda, Appointment
    from partywire.delivery.pair import Pair


class Absence:
    """Fails the pairs of a peer that was out of reach for ``limit`` seconds while they were open.

    A synchronous session waits for its round's deadline too, where that is later. A peer that is
    connected, however slow, is not absent.
    """

    __slots__ = ("_agenda", "_limit", "_look_again", "_pairs", "_since", "_why")

    def __init__(
        self,
        agenda: "Agenda",
        limit: float,
        pairs: Callable[[], Iterable["Pair"]],
        why: Callable[[], str],
    ) -> None:
        """Start with a peer that nobody has missed.

        ``pairs`` returns those that are open, and ``why`` what is wrong, in words.
        """
        self._agenda = agenda
        self._limit = limit
        self._pairs = pairs
        self._why = why
        self._since = 0.0
        self._look_again: Appointment | None = None

    def begin(self) -> None:
        """The peer is out of reach; the first time counts."""
        if self._look_again is None:
            self._since = self._agenda.now()
            self._look_again = self._agenda.after(self._limit, self._look)

    def end(self) -> None:
        """The peer is within reach."""
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None

    def _look(self) -> None:
        """Fail what has waited long enough, and come back for the next."""
        now = self._agenda.now()
        again = now + self._limit
        for pair in list(self._pairs()):
            due = self._due(pair)
            if due <= now:
                seconds, why = now - self._since, self._why()
                pair.fail(PeerUnreachable(pair.session.id, pair.party, seconds, why))
            else:
                again = min(again, due)
        self._look_again = self._agenda.at(again, self._look)

    def _due(self, pair: "Pair") -> float:
        clock = pair.session.clock
        deadline = clock.deadline() if clock is not None else None
        return max(max(self._since, pair.session.opened) + self._limit, deadline or 0.0)
