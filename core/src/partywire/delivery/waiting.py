"""A parked call: what it waits for, since when, and how it is woken."""

from collections.abc import Callable

from partywire.errors import PartywireError


class Waiter:
    """One call that waits for a slot, for room or for progress.

    Whoever changes what it waits for calls `wake`; the call then looks for itself. `refuse` ends
    the wait with an error. Times are seconds of the agenda's clock; ``deadline`` None means without
    end.
    """

    __slots__ = ("deadline", "error", "since", "slot", "wake")

    def __init__(
        self, slot: int, since: float, deadline: float | None, wake: Callable[[], None]
    ) -> None:
        """Nothing is registered here; the pair or session does that."""
        self.slot: int = slot
        self.since: float = since
        self.deadline: float | None = deadline
        self.wake: Callable[[], None] = wake
        self.error: PartywireError | None = None

    def refuse(self, error: PartywireError) -> None:
        """End the wait with an error; the first one stays."""
        if self.error is None:
            self.error = error
        self.wake()
