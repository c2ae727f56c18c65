"""What the log says of callers who were refused: strangers do not fill it."""

import logging
import time
from collections.abc import Callable
from typing import Final

_log = logging.getLogger("partywire")

PAUSE: Final = 1.0
"""Seconds between two lines of the log about callers who were refused."""


class Refusals:
    """One line in `PAUSE` at most, which also says how many were left out before it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody was refused."""
        self._clock = clock
        self._silent_until = 0.0
        self._unsaid = 0

    def warn(self, problem: str) -> None:
        """Say it, unless something was said just now."""
        now = self._clock()
        if now < self._silent_until:
            self._unsaid += 1
            return
        unsaid, self._unsaid = self._unsaid, 0
        self._silent_until = now + PAUSE
        _log.warning("%s%s", problem, f" (and {unsaid} others before)" if unsaid else "")
