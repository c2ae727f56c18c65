"""How often something may be done: some times at once, and then once in a while."""


class Pace:
    """Counts what was done, and says when it may be done again. Times are in seconds."""

    __slots__ = ("_ahead", "_free", "_pause")

    def __init__(self, pause: float, burst: int) -> None:
        """Allow ``burst`` times at once, and then one more after each ``pause``."""
        self._pause = pause
        self._ahead = (burst - 1) * pause
        self._free = float("-inf")

    def wait(self, now: float) -> float:
        """Return how long to wait from now on; 0 where it may be done at once."""
        return max(self._free - self._ahead - now, 0.0)

    def count(self, now: float) -> None:
        """It is done now."""
        self._free = max(self._free, now) + self._pause
