"""When an identity ends: by the wall clock, which can be set, and not by a timer alone."""

from collections.abc import Callable
from typing import Final

from partywire.delivery.agenda import Agenda, Appointment

OUT_OF_DATE: Final = "its identity is out of date"
_LONGEST_PAUSE: Final = 30.0
_SHORTEST_PAUSE: Final = 0.01


class Expiry:
    """Looks at the wall clock until it says that an identity is out of date.

    It looks when that should be, and twice a minute before: the wall clock may have been set
    meanwhile, in either direction.
    """

    __slots__ = ("_agenda", "_next", "_out_of_date", "_valid_until", "_wall")

    def __init__(
        self, agenda: Agenda, wall: Callable[[], float], out_of_date: Callable[[], None]
    ) -> None:
        """Watch nothing yet; ``out_of_date`` is called when the time has come."""
        self._agenda = agenda
        self._wall = wall
        self._out_of_date = out_of_date
        self._valid_until = 0.0
        self._next: Appointment | None = None

    def watch(self, valid_until: float | None) -> None:
        """Watch this end from now on, in seconds since 1970, and no other; None for no end."""
        self.stop()
        if valid_until is not None:
            self._valid_until = valid_until
            self._look_later()

    def stop(self) -> None:
        """Watch nothing any more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _look_later(self) -> None:
        left = self._valid_until - self._wall()
        pause = min(max(left, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        self._next = self._agenda.after(pause, self._look)

    def _look(self) -> None:
        self._next = None
        if self._wall() >= self._valid_until:
            self._out_of_date()
        else:
            self._look_later()
