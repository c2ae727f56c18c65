"""How sessions have ended, by id; in two generations, so that forgetting costs nothing."""

from collections.abc import Callable
from functools import cache

import attrs

from partywire.delivery.states import State


@attrs.frozen
class Ending:
    """How a session has ended here: for everybody, but for the pairs that had failed.

    Attributes:
        state: how it ended.
        failed: the parties towards which it ended by an error.
    """

    state: State
    failed: tuple[str, ...]

    def towards(self, party: str) -> State:
        """Return how the session has ended towards one party."""
        if self.state is State.ABORTED:
            return State.ABORTED
        return _TOWARDS_FAILED[self.state] if party in self.failed else State.FINISHED


_TOWARDS_FAILED = {State.FINISHED: State.ABORTED, State.UNDELIVERED: State.UNDELIVERED}


@cache
def _plain(state: State) -> Ending:
    return Ending(state, ())


def ending_of(state: State, failed: tuple[str, ...]) -> Ending:
    """Return an ending; the ones without failures, of which there are many, are shared."""
    return Ending(state, failed) if failed else _plain(state)


class Tombstones:
    """Remember at least ``capacity // 2`` of the last ids.

    They are kept for at least ``lifetime`` seconds while there is room. A generation is closed when
    it has half the capacity, or is as old as the lifetime; the one before it is then forgotten. An
    id is therefore kept up to twice as long.
    """

    def __init__(self, capacity: int, lifetime: float, clock: Callable[[], float]) -> None:
        """Start with two empty generations."""
        self._half = max(capacity // 2, 1)
        self._lifetime = lifetime
        self._clock = clock
        self._young: dict[int, Ending] = {}
        self._old: dict[int, Ending] = {}
        self._since = clock()

    def __len__(self) -> int:
        """Return how many ids are remembered."""
        return len(self._young) + len(self._old)

    def add(self, session: int, ending: Ending) -> None:
        """Remember how a session ended."""
        self._turn()
        self._young[session] = ending

    def get(self, session: int) -> Ending | None:
        """Return how a session ended, or None when the id is not known."""
        return self._young.get(session) or self._old.get(session)

    def _turn(self) -> None:
        now = self._clock()
        if len(self._young) >= self._half or now - self._since >= self._lifetime:
            self._old, self._young = self._young, {}
            self._since = now
