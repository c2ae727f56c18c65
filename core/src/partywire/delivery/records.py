"""What travels between two routers: batches of control and data records, and receipts for them.

A *slot* is where a message belongs in a session, as one int: a round is its number, a label ``L``
is ``-1 - L``. A *flow* is (session, sender, receiver, the sender's incarnation); its messages are
numbered from 0. A position in a flow is (number, offset): the next byte of the next message.
"""

from enum import IntEnum
from typing import NamedTuple

import attrs

from partywire.errors import LabelInvalid

CHUNK = 1 << 20
"""Payload bytes in one record and in one batch, at most."""

MESSAGE_COST = 128
"""Bytes that a message counts beside its payload: empty ones are bounded too."""

MAX_RECORDS = 1 << 14
"""Data records in one batch, at most; `MESSAGE_COST` keeps an honest sender well below."""

MAX_SEGMENTS = 1 << 10
"""Sessions with data in one batch, at most: each costs an answer, and a look at its session."""

MAX_CONTROLS = 1 << 10
"""Control records in one batch, at most."""

_LABELS = 1 << 64


def label_slot(label: int) -> int:
    """Return the slot of a label from 0 to 2**64 - 1; raise `LabelInvalid` for anything else."""
    if type(label) is not int:
        raise LabelInvalid(type(label).__name__)
    if not 0 <= label < _LABELS:
        raise LabelInvalid("an int out of that range")
    return -1 - label


class Record(NamedTuple):
    """A message, or the chunk of one that starts at ``offset``; whole if it has ``total`` bytes."""

    slot: int
    offset: int
    total: int
    data: bytes | memoryview

    def __repr__(self) -> str:
        """Return all but the data, of which the size."""
        return f"Record({self.slot}, {self.offset}, {self.total}, <{len(self.data)} bytes>)"


@attrs.define(eq=True)
class Segment:
    """Consecutive records of one flow; ``number`` is the message of the first one.

    ``acknowledged`` is the number up to which the sender has receipts: a receiver that does not
    know the session and sees more than 0 has forgotten it.
    """

    session: int
    acknowledged: int
    number: int
    records: list[Record]


def end_of(segment: Segment) -> tuple[int, int]:
    """Return the position behind the last record of a segment that has records."""
    last = segment.number + len(segment.records) - 1
    _, offset, total, data = segment.records[-1]
    end = offset + len(data)
    return (last, end) if end < total else (last + 1, 0)


TIMINGS = ("synchronous", "asynchronous")
"""How a session treats time; a number of the codec is an index here."""


@attrs.frozen
class Terms:
    """What all parties of a session must have opened it with; OPEN carries it."""

    parties: bytes
    timing: str
    labels: bool
    look_ahead: int
    largest_message: int

    def differences(self, theirs: "Terms") -> list[str]:
        """Return each difference in words; empty when there is none."""
        return [
            f"{field.name} here {_shown(mine)}, there {_shown(other)}"
            for field in attrs.fields(Terms)
            if (mine := getattr(self, field.name)) != (other := getattr(theirs, field.name))
        ]


def _shown(value: object) -> str:
    return f"(digest) {value[:8].hex()}" if isinstance(value, bytes) else str(value)


class Open(NamedTuple):
    """OPEN: the session exists here; how far an early cache had come, and what may follow.

    Credit is what the mailbox takes beyond that position: messages, and bytes with `MESSAGE_COST`
    for each.
    """

    session: int
    terms: Terms
    number: int
    offset: int
    messages: int
    bytes: int


class Grant(NamedTuple):
    """CREDIT: a head that was refused would fit now."""

    session: int
    number: int
    offset: int
    messages: int
    bytes: int


class Fin(NamedTuple):
    """FIN: the flow ends before ``number``; it acts when that number is reached."""

    session: int
    number: int


MAX_REASON = 256
"""Bytes of an ABORT's reason."""


class Abort(NamedTuple):
    """ABORT: the sender's part ended by an error; ``reason`` is for people, and untrusted."""

    session: int
    reason: str


Control = Open | Grant | Fin | Abort


@attrs.define(eq=True)
class Batch:
    """What one `Channel.deliver` carries. Control records act first.

    Incarnations are of the sending node and of the node it is meant for; a mismatch is answered
    STALE.
    """

    sender: bytes
    receiver: bytes
    controls: list[Control]
    segments: list[Segment]


class Status(IntEnum):
    """What a router says of a flow. The first three are the reference system's."""

    ACTIVE = 0
    """Taken into an opened mailbox, up to the position given."""
    INACTIVE = 1
    """The session is not open here; cached, and no promise. No refusal."""
    COMPLETED = 2
    """The session was left here; send no more."""
    FULL = 3
    """The head does not fit now; CREDIT follows."""
    GAP = 4
    """The records do not start at the position given."""
    QUOTA = 5
    """The session is not open here and the cache takes no more; OPEN follows."""
    NOT_MEMBER = 6
    """The sender is not in the session."""
    STALE = 7
    """The batch was for, or from, another incarnation."""
    TOO_LARGE = 8
    """A message is over the receiver's limit."""
    ABORTED = 9
    """The pair failed here, or the session was aborted here."""
    GONE = 10
    """COMPLETED, and nothing more will come from here either."""


@attrs.define(eq=True)
class FlowReceipt:
    """The answer for one segment: the receiver's position, never going back, and its credit."""

    session: int
    status: Status
    number: int
    offset: int
    messages: int
    bytes: int


class OpenReceipt(NamedTuple):
    """The answer for one OPEN: ACTIVE, INACTIVE, COMPLETED, GONE, NOT_MEMBER or ABORTED."""

    session: int
    status: Status


@attrs.define(eq=True)
class Receipt:
    """The answer for a batch: one entry for each OPEN and each segment, in their order.

    ``stale`` refuses the whole batch: it was not meant for this incarnation, or not sent by the one
    greeted.
    """

    opens: list[OpenReceipt]
    flows: list[FlowReceipt]
    stale: bool = False
