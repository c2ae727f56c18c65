"""What one peer may make this node hold, over all sessions. Peers never share a budget."""


class Budget:
    """Bytes held for one peer: mailboxes, early messages, and what large messages have reserved."""

    __slots__ = ("held", "limit")

    def __init__(self, limit: int) -> None:
        """Start with nothing held; ``limit`` in bytes."""
        self.limit: int = limit
        self.held: int = 0

    def has_room(self, cost: int) -> bool:
        """Tell whether ``cost`` bytes more could be held."""
        return self.held + cost <= self.limit

    def hold(self, cost: int) -> bool:
        """Count ``cost`` bytes and return True, or return False when they are too many."""
        if self.held + cost > self.limit:
            return False
        self.held += cost
        return True

    def release(self, cost: int) -> None:
        """Give back what was held."""
        self.held -= cost
