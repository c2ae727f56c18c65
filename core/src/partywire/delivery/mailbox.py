"""What has arrived from one peer in one session and was not read yet, by slot."""

from collections import deque

from partywire.delivery.limits import Limits
from partywire.delivery.records import MESSAGE_COST


class Mailbox:
    """Messages by slot. A round holds one; a label holds any number, first in, first out.

    ``by_slot`` is for looking only. ``cost`` counts what is held and what large messages have
    reserved: bytes, and `MESSAGE_COST` for each message.
    """

    __slots__ = ("by_slot", "cost", "count")

    def __init__(self) -> None:
        """Start empty."""
        self.by_slot: dict[int, bytes | deque[bytes]] = {}
        self.count: int = 0
        self.cost: int = 0

    def __contains__(self, slot: int) -> bool:
        """Tell whether a message for the slot is there."""
        return slot in self.by_slot

    def slots(self) -> list[int]:
        """Return the slots that hold something, in order of arrival."""
        return list(self.by_slot)

    def put(self, slot: int, data: bytes) -> None:
        """Put a message whose cost is counted already."""
        self.count += 1
        slots = self.by_slot
        if slot not in slots:
            slots[slot] = data
            return
        held = slots[slot]
        if isinstance(held, deque):
            held.append(data)
        else:
            slots[slot] = deque((held, data))

    def take(self, slot: int) -> bytes:
        """Take the first message of a slot that holds one, and its cost with it."""
        data = self.by_slot[slot]
        if isinstance(data, deque):
            line, data = data, data.popleft()
            if not line:
                del self.by_slot[slot]
        else:
            del self.by_slot[slot]
        self.count -= 1
        self.cost -= len(data) + MESSAGE_COST
        return data

    def fits(self, cost: int, limits: Limits, *, overdraw: bool) -> bool:
        """Tell whether a message of that cost may come in; an empty mailbox takes any.

        ``overdraw``: a receive of the session waits for something that is not held, so refusing by
        the ordinary bound could be a deadlock; the hard bound holds even then.
        """
        if not self.cost:
            return True
        if overdraw:
            return self.cost + cost <= limits.label_overdraft
        return self.cost + cost <= limits.mailbox_bytes and self.count < limits.mailbox_messages
