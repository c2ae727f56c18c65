"""What a peer's segments do to the receiver's half of a pair."""

from partywire.delivery.intake import BrokenRule
from partywire.delivery.pair import Pair
from partywire.delivery.records import FlowReceipt, Record, Segment, Status
from partywire.errors import TermsDiffer

ACTIVE, COMPLETED = Status.ACTIVE, Status.COMPLETED
FULL, TOO_LARGE, ABORTED = Status.FULL, Status.TOO_LARGE, Status.ABORTED


def accept(pair: Pair, segment: Segment) -> FlowReceipt:
    """Take what is next of a segment, and answer it."""
    if pair.refusal is not None:
        return pair.receipt(ABORTED)
    refused = pair.intake.refused
    try:
        status = pair.intake.accept(segment, pair.session)
    except BrokenRule as broken:
        pair.violated(str(broken))
        return pair.receipt(ABORTED)
    if status is FULL and refused is None:
        _look_who_is_hurt(pair)
    _follow(pair, status)
    return pair.receipt(status)


def take(pair: Pair, slot: int, data: bytes) -> Status:
    """Take a message that came alone: at most once, and the first one of a round wins.

    One that is behind what was taken counts as a duplicate. There is no ABORT on that wire: who
    sends to a pair that has failed learns that it is over.
    """
    intake = pair.intake
    if pair.refusal is None and slot <= intake.last_round:
        intake.duplicates += 1
        return ACTIVE
    if intake.refused != (slot, len(data)):
        intake.refused = None
    record = Record(slot, 0, len(data), data)
    status = accept(pair, Segment(pair.session.id, 0, intake.number, [record])).status
    return COMPLETED if status is ABORTED else status


def _follow(pair: Pair, status: Status) -> None:
    """Do what a segment that was taken, or refused, brings with it."""
    intake, session = pair.intake, pair.session
    if status is TOO_LARGE:
        pair.fail(TermsDiffer(session.id, pair.party, ["largest_message"]))
    if intake.partial is not None:
        session.alarms.watch_partial(pair)
    if intake.number == intake.final:
        pair.peer_left()
    if session.sink is not None:
        session.deliver_soon(pair)
    if pair.peer.hunger.pairs:
        pair.peer.hunger.feed()


def _look_who_is_hurt(pair: Pair) -> None:
    """A head does not fit: is it the peer's budget, or labels that nobody reads?

    Looked at once for each head, however often it comes: a peer decides how often.
    """
    refused = pair.intake.refused
    if refused is None:
        return
    if pair.intake.fits(*refused, pair.session):
        pair.peer.hunger.add(pair)
    elif pair.session.labels:
        pair.overflow()
