"""What a session shows of itself: answers, waits, counters, deliveries."""

from collections.abc import Iterable, Mapping

import attrs

from partywire.delivery.pair import Pair
from partywire.delivery.sessions import LocalSession
from partywire.delivery.waiting import Waiter
from partywire.delivery.words import why_no_room, why_nothing_came
from partywire.errors import PartywireError, slot_text

RECEIVE, FLUSH = "receive", "flush"


class Answers(dict[str, bytes]):
    """What each peer sent, by party id; ``failures`` says of every other one why it did not."""

    def __init__(
        self,
        answers: Iterable[tuple[str, bytes]] = (),
        failures: Mapping[str, PartywireError] | None = None,
    ) -> None:
        """Hold the answers and the failures."""
        super().__init__(answers)
        self.failures: dict[str, PartywireError] = dict(failures or {})

    def __repr__(self) -> str:
        """Return who answered, with sizes, and who did not."""
        sizes = ", ".join(f"{party}: {len(answer)} bytes" for party, answer in self.items())
        return f"Answers({sizes}; failed: {', '.join(self.failures) or 'none'})"


@attrs.frozen
class Wait:
    """One thing that a session waits for.

    Attributes:
        party: who is waited for.
        doing: ``"receive"``, ``"send"`` where the outbox is full, or ``"flush"``.
        round: the round, or None for a label and for a flush.
        label: the label, or None for a round and for a flush.
        seconds: for how long.
        why: what is in the way, as far as this end knows it, in words; empty where it is only that
            nothing has come.
        link: how the connection is and when the peer was last heard, in words.
        left: seconds until the wait ends by itself, at the deadline; None without end.
    """

    party: str
    doing: str
    round: int | None
    label: int | None
    seconds: float
    why: str
    link: str
    left: float | None

    def __str__(self) -> str:
        """Return who is waited for, for what, since when, and how the link is."""
        what = self.doing
        if self.round is not None:
            what += f" {slot_text(self.round)}"
        elif self.label is not None:
            what += f" {slot_text(-1 - self.label)}"
        why = f", {self.why}" if self.why else ""
        return f"{self.party}: {what} for {self.seconds:.1f} s{why} ({self.link})"


@attrs.frozen
class Counters:
    """What has passed between this session and one peer.

    Attributes:
        messages_sent: messages that ``send`` accepted.
        bytes_sent: their payload bytes.
        messages_received: messages that were read.
        bytes_received: their payload bytes.
        retries: how often something was sent again, after a refusal or a lost connection.
        duplicates: records that came again and were dropped.
        stale: messages of rounds that were over when they came or were passed over.
        discarded: messages accepted that the peer did not want any more.
        time_waited: seconds that calls waited for this peer.
    """

    messages_sent: int
    bytes_sent: int
    messages_received: int
    bytes_received: int
    retries: int
    duplicates: int
    stale: int
    discarded: int
    time_waited: float


@attrs.frozen(repr=False)
class Delivery:
    """A message that a delivery callback is given: ``round`` or ``label`` is None."""

    party: str
    round: int | None
    label: int | None
    payload: bytes

    def __repr__(self) -> str:
        """Return all but the payload, of which the size."""
        where = f"round={self.round}" if self.label is None else f"label={self.label:#x}"
        return f"Delivery({self.party!r}, {where}, {len(self.payload)} bytes)"


def counters_of(pair: Pair) -> Counters:
    """Return what has passed so far."""
    return Counters(
        messages_sent=pair.messages_sent,
        bytes_sent=pair.bytes_sent,
        messages_received=pair.messages_received,
        bytes_received=pair.bytes_received,
        retries=pair.retries,
        duplicates=pair.intake.duplicates,
        stale=pair.intake.stale,
        discarded=pair.discarded,
        time_waited=pair.waited,
    )


def waits_of(local: LocalSession, now: float) -> tuple[Wait, ...]:
    """Return what the calls of a session wait for, the longest wait first."""
    waits = []
    for pair in local.pairs.values():
        parked, sending = (pair.intake.waiters or {}).values(), pair.room or ()
        receiving = [waiter for waiter in parked if awaited(pair, waiter.slot)]
        flushing = local.flushers if len(pair.outbox) else ()
        waits += [_wait(pair, waiter, RECEIVE, now) for waiter in receiving]
        waits += [_wait(pair, waiter, "send", now) for waiter in sending]
        waits += [_wait(pair, waiter, FLUSH, now) for waiter in flushing]
    return tuple(sorted(waits, key=lambda wait: -wait.seconds))


def awaited(pair: Pair, slot: int) -> bool:
    """Tell whether a call for that slot still waits for this peer, or only for others."""
    return slot not in pair.intake.mailbox and pair.slot_error(slot) is None


def _wait(pair: Pair, waiter: Waiter, doing: str, now: float) -> Wait:
    slot = waiter.slot
    return Wait(
        party=pair.party,
        doing=doing,
        round=slot if slot >= 0 and doing != FLUSH else None,
        label=-1 - slot if slot < 0 else None,
        seconds=now - waiter.since,
        why=why_nothing_came(pair) if doing == RECEIVE else why_no_room(pair),
        link=pair.peer.link_text(now),
        left=None if waiter.deadline is None else waiter.deadline - now,
    )
