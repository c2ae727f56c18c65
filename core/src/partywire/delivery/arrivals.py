"""What a peer's segments do to the receiver's half of a pair."""

from partywire.delivery.intake import BrokenRule
from partywire.delivery.pair import Pair
from partywire.delivery.records import FlowReceipt, Segment, Status
from partywire.errors import TermsDiffer

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
