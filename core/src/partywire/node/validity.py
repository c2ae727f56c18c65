"""When an identity ends: by the wall clock, which can be set, and by one that cannot."""

from collections.abc import Callable
from typing import Final

from partywire.delivery.agenda import Agenda, Appointment

OUT_OF_DATE: Final = "its identity is out of date"
_LONGEST_PAUSE: Final = 30.0
_SHORTEST_PAUSE: Final = 0.01


class Expiry:
    """Looks at the clocks until one of them says that an identity is out of date.

    It looks when that should be, and twice a minute before: the wall clock may have been set
    meanwhile, in either direction. The agenda's clock is not set by anybody: a proof ends by that
    one too, since whoever holds the wall clock of an enclave would keep it.
    """

    __slots__ = ("_agenda", "_ends", "_next", "_out_of_date", "_valid_until", "_wall")

    def __init__(
        self, agenda: Agenda, wall: Callable[[], float], out_of_date: Callable[[], None]
    ) -> None:
        """Watch nothing yet; ``out_of_date`` is called when the time has come."""
        self._agenda = agenda
        self._wall = wall
        self._out_of_date = out_of_date
        self._valid_until: float | None = None
        self._ends: float | None = None
        self._next: Appointment | None = None

    def watch(self, valid_until: float | None, ends: float | None = None) -> None:
        """Watch these ends from now on, and no others; None for no end.

        ``valid_until`` is in seconds since 1970, and ``ends`` in seconds of the agenda's clock.
        """
        self.stop()
        self._valid_until, self._ends = valid_until, ends
        if valid_until is not None or ends is not None:
            self._look_later()

    def over(self) -> bool:
        """Tell whether one of the ends has come that were given last."""
        if self._valid_until is not None and self._wall() >= self._valid_until:
            return True
        return self._ends is not None and self._agenda.now() >= self._ends

    def stop(self) -> None:
        """Watch nothing any more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _look_later(self) -> None:
        pause = _LONGEST_PAUSE
        if self._valid_until is not None:
            pause = min(pause, self._valid_until - self._wall())
        if self._ends is not None:
            pause = min(pause, self._ends - self._agenda.now())
        pause = max(pause, _SHORTEST_PAUSE)
        self._next = self._agenda.after(pause, self._look)

    def _look(self) -> None:
        self._next = None
        if self.over():
            self._out_of_date()
        else:
            self._look_later()
