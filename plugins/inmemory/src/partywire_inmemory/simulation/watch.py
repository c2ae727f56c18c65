"""Looks on while the time passes, and says when a simulation cannot go on."""

from collections.abc import Callable, Iterable
from math import inf
from typing import Any

from partywire.errors import Deadlock
from partywire_inmemory.simulation.lives import Life


class Watch:
    """Decides how far the time may go: no further than a look at those who wait.

    Args:
        clock: the virtual time.
        limit: virtual seconds that a simulation may take.
        patience: virtual seconds after which a wait without any progress is a deadlock, unless it
            ends by itself.
        lives: returns the present lives.
        faults_ahead: tells whether a fault is still to come.
        report: called once, with the error, when the simulation cannot go on.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        limit: float,
        patience: float,
        lives: Callable[[], Iterable[Life]],
        faults_ahead: Callable[[], bool],
        report: Callable[[Deadlock], None],
    ) -> None:
        """Begin now."""
        self._clock = clock
        self._begun = clock()
        self._end = self._begun + limit
        self._limit = limit
        self._patience = patience
        self._lives = lives
        self._faults_ahead = faults_ahead
        self._report = report
        self._progress: list[Any] = []
        self._horizon = self._next_look()
        self._reported: Deadlock | None = None

    def look(self, until: float | None) -> float:
        """Return how far the time may go, where the next timer is due at ``until``.

        Raises:
            Deadlock: it was reported, and even the end of it leads nowhere.
        """
        now = self._clock()
        if until is None:
            self._stuck("no timer is left that could end a wait", final=True)
            return now
        if now >= self._horizon and self._reported is None:
            self._judge(now)
        return min(until, self._horizon)

    def rest(self) -> None:
        """The programs have ended: what is left is bounded by the nodes themselves."""
        self._horizon = inf

    def _judge(self, now: float) -> None:
        if now >= self._end:
            self._stuck(f"the limit of {self._limit:.0f} virtual seconds is reached")
        elif self._hopeless():
            self._stuck(f"nobody has made any progress for {self._patience:.0f} s")
        else:
            self._horizon = self._next_look()

    def _hopeless(self) -> bool:
        """Whether everybody waits, without end, and did so at the last look."""
        before, self._progress = self._progress, [life.progress() for life in self._lives()]
        waits = [life.waits() for life in self._lives() if not life.ended]
        waiting = bool(waits) and all(words and not ends for words, ends in waits)
        return waiting and before == self._progress and not self._faults_ahead()

    def _stuck(self, why: str, *, final: bool = False) -> None:
        """Report it; the second time that nothing is left to wait for, raise it."""
        if self._reported is None:
            waits = {
                life.party: life.waits()[0] or ["no call of a session waits"]
                for life in self._lives()
                if not life.ended
            }
            self._reported = Deadlock(why, self._clock() - self._begun, waits)
            self._horizon = inf
            self._report(self._reported)
        elif final:
            raise self._reported.again()

    def _next_look(self) -> float:
        return min(self._clock() + self._patience, self._end)
