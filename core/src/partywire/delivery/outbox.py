"""The sender's half of a flow: messages, kept until they are in an opened mailbox."""

from partywire.delivery.limits import Limits
from partywire.delivery.records import CHUNK, MESSAGE_COST, Record, Segment

Held = tuple[int, int, int, bytes]
"""A message as it is held: what its `Record` will have. The garbage collector soon passes over a
plain tuple of such things, and would look at every record that waits, again and again."""

_new_tuple = tuple.__new__
"""Makes a named tuple in less than half the time of its own constructor."""


class Outbox:
    """What one pair still has to bring to its peer: the messages from ``first`` on.

    Those before ``cursor`` are in flight or cached over there; those from it on were not sent, or
    have to be sent again.

    All sizes are bytes with `MESSAGE_COST` for each message. The class decides nothing about
    sessions: a `Pair` tells it what a receipt meant.
    """

    __slots__ = (
        "_limits",
        "began",
        "credit_bytes",
        "credit_messages",
        "cursor",
        "cursor_offset",
        "epoch",
        "first",
        "first_offset",
        "flying",
        "held",
        "highest",
        "parked",
        "records",
        "settled_epoch",
        "turn",
    )

    def __init__(self, limits: Limits) -> None:
        """Start empty; until the peer opens, the early quota is the credit."""
        self._limits = limits
        self.credit_messages: int = limits.mailbox_messages
        self.credit_bytes: int = limits.early_bytes
        self.records: list[Held] | None = None
        self.first: int = 0
        self.first_offset: int = 0
        self.cursor: int = 0
        self.cursor_offset: int = 0
        self.held: int = 0
        self.flying: int = 0
        self.highest: tuple[int, int] = (0, 0)
        self.epoch: int = 0
        self.began: tuple[int, int] = (0, 0)
        self.settled_epoch: int = -1
        self.parked: bool = False
        self.turn: int = 0

    def __len__(self) -> int:
        """Return the number of messages held."""
        return len(self.records) if self.records is not None else 0

    @property
    def end(self) -> int:
        """The number that the next message gets."""
        return self.first + len(self)

    def has_room(self, size: int) -> bool:
        """Tell whether a payload of ``size`` bytes may be put; an empty outbox takes any."""
        records = self.records
        if not records:
            return True
        return (
            self.held + size + MESSAGE_COST <= self._limits.mailbox_bytes
            and len(records) < self._limits.mailbox_messages
        )

    def put(self, slot: int, data: bytes) -> None:
        """Append a message, whether there is room or not."""
        size = len(data)
        held = (slot, 0, size, data)
        if self.records is None:
            self.records = [held]
        else:
            self.records.append(held)
        self.held += size + MESSAGE_COST

    def sendable(self) -> bool:
        """Tell whether `cut` returns something.

        Without credit the head may still go, alone, when nothing is in flight: its refusal is what
        makes the receiver remember to send CREDIT.
        """
        records = self.records
        ahead = self.cursor - self.first
        if not records or ahead >= len(records) or self.parked:
            return False
        if not self.flying:
            return True
        piece = min(records[ahead][2] - self.cursor_offset, CHUNK)
        return (
            ahead < self.credit_messages and self.flying + piece + MESSAGE_COST <= self.credit_bytes
        )

    def cut_lone(self, session: int) -> Segment | None:
        """Return what `cut` would, where that is one whole message and nothing else is held."""
        records = self.records
        if records is None or len(records) != 1 or self.cursor != self.first or self.parked:
            return None
        size = records[0][2]
        if size > CHUNK:
            return None
        self.cursor += 1
        self.flying = size + MESSAGE_COST
        return Segment(session, self.first, self.first, [_new_tuple(Record, records[0])])

    def cut_message(self) -> tuple[int, bytes] | None:
        """Return slot and payload of the next message, whole, or None; the cursor moves."""
        records = self.records
        if records is None or not self.sendable():
            return None
        slot, _, size, data = records[self.cursor - self.first]
        self.cursor += 1
        self.flying += size + MESSAGE_COST
        return slot, data

    def cut(self, segment: Segment, budget: int, most: int = CHUNK + MESSAGE_COST) -> int:
        """Add the next records to an empty segment, and return their bytes.

        `MESSAGE_COST` is counted for each record. The cursor moves. These are at most ``budget``
        bytes, but the first whole message may exceed it up to ``most``, so that small budgets make
        progress. A message over `CHUNK` goes in chunks. Nothing is added unless `sendable`.
        """
        if not self.sendable():
            return 0
        segment.acknowledged = self.first
        segment.number = self.cursor
        size = self._cut_whole(segment.records, budget, most)
        if size < budget and self.sendable():
            size += self._cut_chunk(segment.records, budget - size)
        return size

    def _cut_whole(self, out: list[Record], budget: int, most: int) -> int:
        """Move whole messages to ``out`` while budget and credit last; return their bytes."""
        records = self.records
        if records is None:
            return 0
        ahead = self.cursor - self.first
        flying = self.flying
        taken = 0
        for held in records[ahead : self.credit_messages or 1]:
            size = held[2]
            cost = size + MESSAGE_COST
            if size > CHUNK or taken + cost > (budget if out else most):
                break
            if flying and flying + cost > self.credit_bytes:
                break
            out.append(_new_tuple(Record, held))
            taken += cost
            flying += cost
        self.cursor += len(out)
        self.flying = flying
        return taken

    def _cut_chunk(self, out: list[Record], budget: int) -> int:
        """Move the next chunk to ``out``, when the message at the cursor is a large one.

        Return its bytes.
        """
        records = self.records
        ahead = self.cursor - self.first
        if records is None or records[ahead][2] <= CHUNK:
            return 0
        slot, _, total, data = records[ahead]
        offset = self.cursor_offset
        size = min(CHUNK, total - offset, budget)
        out.append(Record(slot, offset, total, memoryview(data)[offset : offset + size]))
        self.flying += size
        self.cursor_offset = offset + size
        if self.cursor_offset == total:
            self.cursor += 1
            self.cursor_offset = 0
            self.flying += MESSAGE_COST
        return size + MESSAGE_COST

    def reached(self, number: int, offset: int) -> bool:
        """Drop what the receiver has, and tell whether the position was ever sent.

        A position that never was is a lie of the receiver, and nothing changes.

        An earlier position than one already known is passed over: receipts never go backwards. A
        position beyond the cursor is one that was sent before a rewind: sending goes on from there.
        """
        at_cursor = number == self.cursor and offset == self.cursor_offset
        if not at_cursor and not self._was_sent(number, offset):
            return False
        records = self.records
        if records and number == self.first + len(records):
            records.clear()
            self.first, self.first_offset = number, 0
            self.held = self.flying = 0
            return True
        if records and number > self.first:
            done = number - self.first
            cost = sum([held[2] + MESSAGE_COST for held in records[:done]])
            del records[:done]
            self.held -= cost
            self.flying -= cost - self.first_offset
            self.first, self.first_offset = number, 0
        if number == self.first and offset > self.first_offset:
            self.flying -= offset - self.first_offset
            self.first_offset = offset
        if self.flying < 0:
            self.flying = 0
        return True

    def _was_sent(self, number: int, offset: int) -> bool:
        """Tell whether a position away from the cursor was ever sent, and go on from beyond it."""
        if offset and not self._is_midway(number, offset):
            return False
        if (number, offset) > (self.cursor, self.cursor_offset):
            if (number, offset) > self.highest:
                return False
            self.cursor, self.cursor_offset = self.began = number, offset
        return True

    def _is_midway(self, number: int, offset: int) -> bool:
        """Tell whether there is such a place within a message that goes in chunks, or went."""
        ahead = number - self.first
        if ahead < 0:
            return True
        records = self.records
        if records is None or ahead >= len(records):
            return False
        return CHUNK < records[ahead][2] > offset

    def rewind(self) -> None:
        """Send again from the receiver's position; answers to earlier batches no longer rewind."""
        self.highest = max(self.highest, (self.cursor, self.cursor_offset))
        self.cursor = self.first
        self.cursor_offset = self.first_offset
        self.began = self.cursor, self.cursor_offset
        self.flying = 0
        self.epoch += 1

    def drop(self) -> int:
        """Forget all messages; return how many the receiver did not have."""
        left = len(self)
        self.first = self.cursor = self.end
        self.first_offset = self.cursor_offset = 0
        self.records = None
        self.held = self.flying = 0
        return left
