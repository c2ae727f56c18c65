"""Every bound on what a peer can make a node hold, wait for or repeat: the keys of ``[limits]``."""

from typing import Annotated, Final

import attrs

MIB: Final = 1 << 20
GIB: Final = 1 << 30
MINUTE: Final = 60.0
HOUR: Final = 3600.0


@attrs.frozen
class Between:
    """The bounds of a number in a config, both included."""

    least: float
    most: float


@attrs.frozen
class Unit:
    """What a number in a config counts: ``"bytes"`` or ``"seconds"``."""

    name: str


Bytes = Annotated[int, Unit("bytes"), Between(1, 1 << 40)]
"""A size; in a config an int or text such as ``"64MiB"``."""
Seconds = Annotated[float, Unit("seconds"), Between(0.001, 366 * 24 * HOUR)]
"""A length of time; in a config text such as ``"100ms"``, ``"120s"``, ``"15min"`` or ``"24h"``."""
Count = Annotated[int, Between(1, (1 << 32) - 1)]


@attrs.frozen
class Limits:
    """The bounds and their defaults; the reference system's where it has one.

    A message counts `records.MESSAGE_COST` bytes beside its payload against every bound in bytes.
    """

    early_sessions: Count = 2_000
    """Sessions not open here that one peer may have messages cached for."""
    early_bytes: Bytes = 64 * MIB
    """Bytes of one peer cached for sessions that are not open here."""
    early_message: Bytes = MIB
    """A larger message waits at its sender until the session is open here; not single calls."""
    early_lifetime: Seconds = 15 * MINUTE
    """How long an early session is cached. Then its messages wait at their sender, or are lost if
    they came by single calls."""
    remembered_sessions: Count = 1_000_000
    """Ids of ended sessions that are remembered, at most."""
    remembered_for: Seconds = 24 * HOUR
    """How long the id of an ended session is remembered, at least (unless there are too many)."""
    look_ahead: Count = 32
    """Rounds beyond the receiver's own that its mailboxes take."""
    largest_message: Bytes = 2 * GIB
    """Payload bytes of one message."""
    mailbox_bytes: Bytes = 64 * MIB
    """Bytes in one mailbox, and in one outbox; one message of any size always fits an empty one."""
    mailbox_messages: Count = 4_096
    """Messages in one mailbox, and in one outbox."""
    label_overdraft: Bytes = 256 * MIB
    """Bytes to which a labelled mailbox grows while a receive waits for what is not there."""
    peer_bytes: Bytes = 4 * GIB
    """Bytes held for one peer over all sessions; at least one largest message."""
    window: Bytes = 64 * MIB
    """Bytes on the way to one peer that it has not answered yet."""
    retry_first: Seconds = 0.1
    """The pause before the first retry of a connection."""
    retry_factor: Annotated[float, Between(1.0, 10.0)] = 1.1
    """By how much each further pause grows."""
    retry_longest: Seconds = 0.8
    """The longest pause. A peer that was away and is back is talked to within a second."""
    give_up: Seconds = 60.0
    """How long a peer may be unreachable before its sessions fail; in a synchronous session at
    least until its round's deadline, which is later by what the rounds before left of their time.
    """
    deliver_timeout: Seconds = 30.0
    """How long a transport may take to take one batch, and to open one connection."""
    full_timeout: Seconds = 300.0
    """How long a mailbox over there may stay full without any progress."""
    room_timeout: Seconds = 60.0
    """How long a single call of a peer may wait for room here before it is refused."""
    call_timeout: Seconds = 75.0
    """How long a single call to a peer may last, and 1 s more for each MiB of its message."""
    calls: Count = 64
    """Single calls on the way to one peer; one for each session."""
    call_messages: Count = 70
    """Messages in the outbox of a peer that takes single calls."""
    completed_grace: Seconds = 60.0
    """How long a peer of single calls that has completed a session may still send in it."""
    reassembly_timeout: Seconds = 60.0
    """How long a large message may stay incomplete without any progress."""
    linger: Seconds = 30.0
    """How long a session that was left may go on delivering."""
    shutdown_grace: Seconds = 5.0
    """How long a closing node may go on delivering."""
    proof_lifetime: Annotated[float, Unit("seconds"), Between(0.001, HOUR)] = HOUR
    """How long the proof of a peer that is challenged is good; then it has to give a new one, on a
    new connection."""
    proof_pause: Seconds = 10.0
    """One proof in so long is made for each peer in each direction, of its calls and of ours; what
    comes faster waits. A new certificate of ours costs one in each, as all connections are made
    anew."""
    proof_burst: Count = 6
    """Proofs that are made for a peer in each direction before that."""
    heartbeat: Seconds = 10.0
    """How long a connection may be silent before it is probed."""
