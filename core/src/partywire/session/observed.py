"""A session whose rounds somebody follows."""

from collections.abc import Callable

from partywire.session.session import Session
from partywire.session.waits import Waiting

Entered = Callable[[Session], None]


class ObservedSession(Session):
    """Tells an observer of each round that it enters, before anything is sent in it."""

    def __init__(
        self,
        entered: Entered,
        opened: Callable[[], Waiting],
        *,
        session: int,
        party: str,
        parties: tuple[str, ...],
        round_timeout: float,
    ) -> None:
        """Made by `Node.session`, for an observer that neither waits nor raises."""
        super().__init__(
            opened, session=session, party=party, parties=parties, round_timeout=round_timeout
        )
        self._entered = entered

    async def __aenter__(self) -> "ObservedSession":
        """Open the session, and with it round 0."""
        await super().__aenter__()
        self._entered(self)
        return self

    def next_round(self, timeout: float | None = None) -> int:
        """Go on to the next round and return its number."""
        number = super().next_round(timeout)
        self._entered(self)
        return number
