"""What is to be done later: one heap for a whole node, instead of a timer for each call."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush


class Appointment:
    """One thing to be done at ``when``; `cancel` makes it nothing."""

    __slots__ = ("_action", "_agenda", "when")

    def __init__(self, agenda: "Agenda", when: float, action: Callable[[], None]) -> None:
        """Made by `Agenda.at` only."""
        self.when: float = when
        self._agenda = agenda
        self._action: Callable[[], None] | None = action

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled or done."""
        return self._action is None

    def cancel(self) -> None:
        """Do nothing when the time comes, and let go of what would have been done."""
        if self._action is not None:
            self._action = None
            self._agenda.one_cancelled()

    def keep(self) -> None:
        """Do what is to be done, once."""
        action, self._action = self._action, None
        if action is not None:
            action()


class Agenda:
    """Appointments by time. Whoever drives it sleeps until `next` and calls `run`.

    Args:
        clock: returns the time in seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start empty."""
        self.now = clock
        self.earlier: Callable[[], None] = _nothing
        """Called when `next` moved to an earlier time."""
        self._heap: list[tuple[float, int, Appointment]] = []
        self._order = 0
        self._cancelled = 0
        self._soon: list[Callable[[], None]] = []

    def at(self, when: float, action: Callable[[], None]) -> Appointment:
        """Let ``action`` be done at ``when``."""
        self._order += 1
        appointment = Appointment(self, when, action)
        first = self._heap[0][0] if self._heap else None
        heappush(self._heap, (when, self._order, appointment))
        if first is None or when < first:
            self.earlier()
        return appointment

    def after(self, seconds: float, action: Callable[[], None]) -> Appointment:
        """Let ``action`` be done in so many seconds."""
        return self.at(self.now() + seconds, action)

    def soon(self, action: Callable[[], None]) -> None:
        """Let ``action`` be done at the next run, which is asked for at once."""
        self._soon.append(action)
        if len(self._soon) == 1:
            self.earlier()

    def next(self) -> float | None:
        """Return when `run` has something to do, or None while there is nothing."""
        if self._soon:
            return float("-inf")
        self._forget_cancelled()
        return self._heap[0][0] if self._heap else None

    def run(self) -> None:
        """Do everything that is due; what that adds for now is left to the next run."""
        now = self.now()
        soon, self._soon = self._soon, []
        for action in soon:
            action()
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heappop(self._heap)[2])
            self._cancelled -= due[-1].cancelled
        for appointment in due:
            appointment.keep()

    def one_cancelled(self) -> None:
        """Count a cancelled appointment; when most are, forget them wherever they stand."""
        self._cancelled += 1
        if self._cancelled > 64 and self._cancelled > len(self._heap) // 2:
            self._heap = [entry for entry in self._heap if not entry[2].cancelled]
            heapify(self._heap)
            self._cancelled = 0

    def _forget_cancelled(self) -> None:
        while self._heap and self._heap[0][2].cancelled:
            heappop(self._heap)
            self._cancelled -= 1


def _nothing() -> None:
    """Nobody drives the agenda yet."""
