"""What the log says of who is refused: neither strangers nor a peer that goes on trying fill it."""

import logging
import time
from collections.abc import Callable
from typing import Final

import attrs

_log = logging.getLogger("partywire")

PAUSE: Final = 1.0
"""Seconds between the first two lines about one party."""
LONGEST: Final = 60.0
"""Seconds to which that grows; one that was not refused for so long begins anew."""
MOST: Final = 64
"""Parties that are told apart; who invents more names shares one line with all others who do."""


@attrs.define
class _Pace:
    """How often something is said of one party."""

    due: float = 0.0
    pause: float = 0.0
    unsaid: int = 0


class Refusals:
    """The first about a party is said at once, and further ones after pauses that double.

    Each line says how many were left out before it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody was refused."""
        self._clock = clock
        self._paces: dict[str, _Pace] = {}

    def warn(self, who: str, problem: str) -> None:
        """Say it, unless something was said just now of the party that it is about."""
        now = self._clock()
        pace = self._pace(who, now)
        if now < pace.due:
            pace.unsaid += 1
            return
        if _has_rested(pace, now):
            pace.pause = 0.0
        pace.pause = min(max(2 * pace.pause, PAUSE), LONGEST)
        pace.due = now + pace.pause
        unsaid, pace.unsaid = pace.unsaid, 0
        _log.warning("%s%s", problem, f" (and {unsaid} more before)" if unsaid else "")

    def _pace(self, who: str, now: float) -> _Pace:
        paces = self._paces
        if who not in paces and len(paces) >= MOST:
            paces = {party: pace for party, pace in paces.items() if not _has_rested(pace, now)}
            self._paces = paces
            who = who if len(paces) < MOST else ""
        return paces.setdefault(who, _Pace())


def _has_rested(pace: _Pace, now: float) -> bool:
    return now >= pace.due + LONGEST
