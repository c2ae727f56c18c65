"""The clock of a synchronous session: unspent time of one round is there for the next."""


class RoundClock:
    """Deadlines of rounds: the start plus the timeouts of all rounds so far.

    It starts with the first send or receive.
    """

    __slots__ = ("_allowed", "_started")

    def __init__(self, timeout: float) -> None:
        """Give the first round its timeout in seconds; the clock stands still until `start`."""
        self._allowed = timeout
        self._started: float | None = None

    def start(self, now: float) -> None:
        """Start the clock, once; later calls change nothing."""
        if self._started is None:
            self._started = now

    def next_round(self, timeout: float) -> None:
        """Add the next round's timeout in seconds."""
        self._allowed += timeout

    def deadline(self) -> float | None:
        """Return when the current round ends, or None while the clock stands still."""
        return None if self._started is None else self._started + self._allowed
