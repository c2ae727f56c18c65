"""Pauses between retries: exponential growth with jitter, bounded."""

from collections.abc import Callable


class Backoff:
    """From ``first`` seconds by ``factor`` up to ``longest``.

    Each pause is spread by up to a tenth either way.

    Args:
        first: the first pause in seconds.
        factor: growth from pause to pause, at least 1.
        longest: no pause is longer, jitter included.
        random: returns a number from 0 to 1; the only source of chance here.
    """

    def __init__(
        self, first: float, factor: float, longest: float, random: Callable[[], float]
    ) -> None:
        """Start at the first pause."""
        self._first = first
        self._factor = factor
        self._longest = longest
        self._random = random
        self._pause = first

    def next(self) -> float:
        """Return the pause to make now, in seconds, and let the next one grow."""
        pause = self._pause * (0.9 + 0.2 * self._random())
        self._pause = min(self._pause * self._factor, self._longest)
        return min(pause, self._longest)

    def reset(self) -> None:
        """Start over: a connection has lasted."""
        self._pause = self._first
