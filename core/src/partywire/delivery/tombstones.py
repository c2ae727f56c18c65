"""How sessions have ended, by id; in two generations, so that forgetting costs nothing."""

from collections.abc import Callable

from partywire.delivery.states import State


class Tombstones:
    """How sessions have ended: at least the last ``capacity // 2``.

    While there is room, each is remembered for at least ``lifetime`` seconds.

    A generation is closed when it has half the capacity, or is as old as the lifetime; the one
    before it is then forgotten. An id is therefore kept up to twice as long.
    """

    def __init__(self, capacity: int, lifetime: float, clock: Callable[[], float]) -> None:
        """Start with two empty generations."""
        self._half = max(capacity // 2, 1)
        self._lifetime = lifetime
        self._clock = clock
        self._young: dict[int, State] = {}
        self._old: dict[int, State] = {}
        self._since = clock()

    def __len__(self) -> int:
        """Return how many ids are remembered."""
        return len(self._young) + len(self._old)

    def add(self, session: int, ending: State) -> None:
        """Remember how a session ended."""
        self._turn()
        self._young[session] = ending

    def get(self, session: int) -> State | None:
        """Return how a session ended, or None when the id is not known."""
        return self._young.get(session) or self._old.get(session)

    def _turn(self) -> None:
        now = self._clock()
        if len(self._young) >= self._half or now - self._since >= self._lifetime:
            self._old, self._young = self._young, {}
            self._since = now
