"""The receiver's half of a flow: takes the next record and nothing else, in order, once."""

from typing import TYPE_CHECKING, Protocol

from partywire.delivery.limits import Limits
from partywire.delivery.mailbox import Mailbox
from partywire.delivery.quotas import Budget
from partywire.delivery.reassembly import Reassembly
from partywire.delivery.records import MESSAGE_COST, Record, Segment, Status

if TYPE_CHECKING:
    from partywire.delivery.waiting import Waiter

ACTIVE, FULL, GAP, TOO_LARGE = Status.ACTIVE, Status.FULL, Status.GAP, Status.TOO_LARGE


class BrokenRule(Exception):
    """The peer broke a rule of the contract; the pair turns it into a `ProtocolViolation`."""


class Reader(Protocol):
    """What the receiving session is at now."""

    round: int
    labels: bool
    limits: Limits

    def starving(self) -> bool:
        """Tell whether any receive of the session waits for a slot that is not held."""
        ...


class Intake:
    """Numbers, chunks and the mailbox of one flow.

    (``number``, ``offset``) is the position of what has to come next.
    """

    __slots__ = (
        "_budget",
        "_dropped",
        "_kept",
        "duplicates",
        "final",
        "last_round",
        "mailbox",
        "number",
        "offset",
        "partial",
        "refused",
        "stale",
        "waiters",
    )

    def __init__(self, budget: Budget) -> None:
        """Start with nothing taken; ``budget`` is that of the peer, over all sessions."""
        self._budget = budget
        self.last_round: int = -1
        self._dropped = 0
        self._kept: tuple[int, ...] = ()
        self.duplicates: int = 0
        self.stale: int = 0
        self.number: int = 0
        self.offset: int = 0
        self.final: int | None = None
        self.mailbox: Mailbox = Mailbox()
        self.partial: Reassembly | None = None
        self.refused: tuple[int, int] | None = None
        self.waiters: dict[int, Waiter] | None = None

    def accept(self, segment: Segment, reader: Reader) -> Status:
        """Take what is next of a segment, and say how far that went (see `number` and `offset`).

        Raises:
            BrokenRule: the peer does what no honest one does; what came before in the segment was
                taken.
        """
        number = segment.number
        for record in segment.records:
            if number != self.number or record.offset != self.offset:
                fresh = self._fresh_part(number, record)
                if fresh is None:
                    number += _completes(record)
                    continue
                if fresh.offset != self.offset or number != self.number:
                    return GAP
                record = fresh
            status = self._take(record, reader)
            if status is not None:
                return status
            number = self.number
        return ACTIVE

    def end(self, final: int) -> None:
        """Learn that the flow ends before message ``final``.

        Raises:
            BrokenRule: that cannot be.
        """
        if final < self.number or (self.final is not None and final != self.final):
            raise BrokenRule("the end of the flow was moved")
        self.final = final

    @property
    def ended(self) -> bool:
        """Whether all messages of an ended flow have been taken."""
        return self.number == self.final

    def credit(self, limits: Limits) -> tuple[int, int]:
        """Return how many messages and bytes beyond the position the mailbox takes: a promise."""
        mailbox = self.mailbox
        messages = limits.mailbox_messages - mailbox.count
        room = limits.mailbox_bytes - mailbox.cost
        if room < 0:
            room = 0
        if self.partial is not None:
            room += self.partial.rest + MESSAGE_COST
        return messages if messages > 0 else 0, room

    def take(self, slot: int) -> bytes:
        """Take the first message of a slot that holds one."""
        data = self.mailbox.take(slot)
        self._budget.release(len(data) + MESSAGE_COST)
        return data

    def fits(self, slot: int, total: int, reader: Reader) -> bool:
        """Tell whether a message may come in, the peer's budget aside.

        The receiver's current and next round always may: so a cycle of waits would need ever
        falling rounds, and cannot exist. Rounds beyond the look-ahead may not, but where a starving
        receive of a labelled session may need what stands behind them.
        """
        if 0 <= slot <= reader.round + 1:
            return True
        cost = total + MESSAGE_COST
        near = slot <= reader.round + reader.limits.look_ahead
        return (near and self.mailbox.fits(cost, reader.limits, overdraw=False)) or (
            reader.labels
            and reader.starving()
            and self.mailbox.fits(cost, reader.limits, overdraw=True)
        )

    def roomy(self, reader: Reader) -> bool:
        """Tell whether half of the room is free, so that CREDIT is worth its record."""
        if self.refused is None:
            return True
        slot = self.refused[0]
        limits = reader.limits
        near = slot < 0 or slot <= reader.round + max(limits.look_ahead // 2, 1)
        return (
            near
            and self.mailbox.cost <= limits.mailbox_bytes // 2
            and self.mailbox.count <= limits.mailbox_messages // 2
        )

    def drop_rounds_before(self, round_: int) -> None:
        """Drop messages of rounds that nobody can read any more.

        Only what a round left behind is looked at: the peer decides how much else is held.
        """
        behind = (*self._kept, *range(self._dropped, round_))
        self._dropped, self._kept = round_, ()
        for slot in behind:
            if slot not in self.mailbox:
                continue
            if self.waiters and slot in self.waiters:
                self._kept += (slot,)
            else:
                self.take(slot)
                self.stale += 1

    def drop_partial(self) -> None:
        """Drop what has come of a large message: its rest will not come."""
        partial, self.partial = self.partial, None
        if partial is not None:
            self.mailbox.cost -= partial.cost
            self._budget.release(partial.cost)

    def drop(self) -> None:
        """Drop everything, read or not."""
        self.drop_partial()
        self._budget.release(self.mailbox.cost)
        self.mailbox = Mailbox()
        self.refused = None

    def _fresh_part(self, number: int, record: Record) -> Record | None:
        """Return what of a record at another position is new, or None when it is a duplicate."""
        if number > self.number:
            return record
        end = record.offset + len(record.data)
        if number < self.number or (end <= self.offset and end < record.total):
            self.duplicates += 1
            return None
        if record.offset > self.offset:
            return record
        data = memoryview(record.data)[self.offset - record.offset :]
        return Record(record.slot, self.offset, record.total, data)

    def _take(self, record: Record, reader: Reader) -> Status | None:
        """Take the record at the position; return a refusal, or None."""
        slot, offset, total, data = record
        size = len(data)
        if offset + size > total or (not size and total):
            raise BrokenRule("a chunk that is empty or exceeds its message")
        if self.final is not None and self.number >= self.final:
            raise BrokenRule("a message after the end of the flow")
        if not offset:
            refusal = self._begin(slot, total, reader)
            if refusal is not None:
                return refusal
        if size == total:
            self._complete(slot, data if type(data) is bytes else bytes(data), reader)
        else:
            self._grow(record, reader)
        return None

    def _begin(self, slot: int, total: int, reader: Reader) -> Status | None:
        """Decide on the first record of a message, and count its cost."""
        if slot < 0:
            if not reader.labels:
                raise BrokenRule("a label in a session without labels")
        elif slot <= self.last_round:
            raise BrokenRule("rounds that do not rise")
        if self.refused is not None and self.refused != (slot, total):
            raise BrokenRule("a refused message that comes as another one")
        limits, mailbox = reader.limits, self.mailbox
        if total > limits.largest_message:
            return TOO_LARGE
        cost = total + MESSAGE_COST
        roomy = (
            mailbox.cost + cost <= limits.mailbox_bytes
            and mailbox.count < limits.mailbox_messages
            and slot <= reader.round + limits.look_ahead
        )
        if not (roomy or self.fits(slot, total, reader)) or not self._budget.hold(cost):
            self.refused = (slot, total)
            return FULL
        self.refused = None
        mailbox.cost += cost
        if slot >= 0:
            self.last_round = slot
        return None

    def _grow(self, record: Record, reader: Reader) -> None:
        """Add a chunk to the message that is being reassembled."""
        slot, offset, total, data = record
        if not offset:
            self.partial = Reassembly(slot, total)
        partial = self.partial
        if partial is None or partial.slot != slot or partial.total != total:
            raise BrokenRule("chunks of one message that do not belong together")
        partial.append(data)
        self.offset = offset + len(data)
        if not partial.rest:
            self.partial = None
            self.offset = 0
            self._complete(slot, partial.message(), reader)

    def _complete(self, slot: int, data: bytes, reader: Reader) -> None:
        """Put a whole message where it belongs, and wake whoever waits for it."""
        self.number += 1
        waiter = self.waiters.get(slot) if self.waiters else None
        if waiter is None and 0 <= slot < reader.round:
            self.mailbox.cost -= len(data) + MESSAGE_COST
            self._budget.release(len(data) + MESSAGE_COST)
            self.stale += 1
            return
        self.mailbox.put(slot, data)
        if 0 <= slot < reader.round:
            self._kept += (slot,)
        if waiter is not None:
            waiter.wake()


def _completes(record: Record) -> bool:
    return record.offset + len(record.data) == record.total
