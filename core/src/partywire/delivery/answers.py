"""What a peer's receipts mean for the sender's half of a pair."""

from collections.abc import Callable

from partywire.delivery.outbox import Outbox
from partywire.delivery.pair import Pair
from partywire.delivery.records import (
    Control,
    Fin,
    FlowReceipt,
    OpenReceipt,
    Segment,
    Status,
    end_of,
)
from partywire.errors import NotAMember, PeerAborted, PeerError, PeerStalled, TermsDiffer

ACTIVE, INACTIVE, QUOTA = Status.ACTIVE, Status.INACTIVE, Status.QUOTA
FULL, GAP, ABORTED = Status.FULL, Status.GAP, Status.ABORTED


def flow_answered(pair: Pair, segment: Segment, receipt: FlowReceipt, epoch: int) -> None:
    """Act on the answer for a segment that was cut in that epoch of the outbox."""
    if pair.completed:
        return
    status = receipt.status
    if status is ACTIVE and _all_taken(pair.outbox, receipt, epoch):
        _advance(pair, receipt)
        return
    lie = _lie(pair.outbox, segment, receipt, epoch)
    if lie is not None:
        pair.violated(lie)
        return
    if status is INACTIVE:
        if pair.opened and pair.outbox.epoch == epoch:
            pair.violated("a session that is open and is not")
        return
    # what was aborted may be a flow of our earlier life, whose position says nothing of ours
    if status not in (QUOTA, ABORTED) and not _advance(pair, receipt):
        return
    if status is not ACTIVE:
        _REFUSALS[status](pair, epoch)


def _all_taken(outbox: Outbox, receipt: FlowReceipt, epoch: int) -> bool:
    """Tell whether the receiver has all that was sent: then the answer cannot be a lie."""
    at_cursor = receipt.number == outbox.cursor and not outbox.cursor_offset
    return at_cursor and outbox.epoch == epoch


def _lie(outbox: Outbox, segment: Segment, receipt: FlowReceipt, epoch: int) -> str | None:
    """Return how an answer contradicts itself, or None: such ones could go on without an end.

    An epoch begins where the receiver is known to be: its first segment leaves no gap. A later one
    does where it has overtaken another on the way.
    """
    status, position = receipt.status, (receipt.number, receipt.offset)
    if status is ACTIVE and position < end_of(segment):
        return "a receipt that takes less than all, and does not refuse the rest"
    if status is FULL and position >= end_of(segment):
        return "a receipt that takes all, and refuses the rest"
    if status in (FULL, GAP) and receipt.number < segment.acknowledged:
        return "a receipt that goes back"
    start = segment.number, segment.records[0].offset
    if status is GAP and (position >= start or (outbox.began == start and outbox.epoch == epoch)):
        return "a gap where none can be"
    return None


def control_answered(pair: Pair, control: Control, receipt: OpenReceipt | None) -> None:
    """Act on the answer for a batch that carried a control record.

    Only an OPEN has a ``receipt`` of its own.
    """
    if receipt is not None:
        _open_answered(pair, receipt)
    elif type(control) is Fin:
        pair.fin_taken = True
        pair.session.progress(pair)


def _open_answered(pair: Pair, receipt: OpenReceipt) -> None:
    pair.announcing = False
    if receipt.status is ACTIVE:
        pair.heard = True
    elif receipt.status is INACTIVE:
        if pair.missed:
            pair.announce()
    elif not pair.completed:
        refusal = _REFUSALS[receipt.status] if receipt.status in _OF_OPEN else _odd
        refusal(pair, pair.outbox.epoch)


def credited(pair: Pair, number: int, offset: int, messages: int, bytes_: int) -> None:
    """Act on CREDIT, or on the credit of an OPEN: go on from there.

    It comes on the peer's connection, the refusal it follows on ours: it may be here first. The
    outbox then remembers that the refusal still to come in this epoch is settled.
    """
    outbox = pair.outbox
    if pair.completed:
        return
    if not outbox.reached(number, offset):
        pair.violated("a receipt for what was never sent")
        return
    if outbox.parked:
        outbox.parked = False
    else:
        outbox.settled_epoch = outbox.epoch
    _take_credit(pair, number, messages, bytes_)
    advanced(pair)


def _take_credit(pair: Pair, number: int, messages: int, bytes_: int) -> None:
    """Take over credit, unless it was given for a position that is past."""
    if number >= pair.outbox.first:
        pair.outbox.credit_messages, pair.outbox.credit_bytes = messages, bytes_


def _advance(pair: Pair, receipt: FlowReceipt) -> bool:
    """Take over position and credit; tell whether the pair goes on."""
    outbox = pair.outbox
    first, offset = outbox.first, outbox.first_offset
    if not outbox.reached(receipt.number, receipt.offset):
        pair.violated("a receipt for what was never sent")
        return False
    _take_credit(pair, receipt.number, receipt.messages, receipt.bytes)
    if outbox.first > first or outbox.first_offset > offset:
        if pair.stall is not None:
            pair.calm()
        advanced(pair)
    elif not pair.queued:
        pair.peer.outgoing.ready(pair)
    return True


def advanced(pair: Pair) -> None:
    """Some messages are with the peer: wake who waited for that, and send on."""
    if pair.room:
        pair.wake_senders()
    session = pair.session
    if session.flushers or session.left:
        session.progress(pair)
    if pair.outbox.records and not pair.queued:
        pair.peer.outgoing.ready(pair)


def _full(pair: Pair, epoch: int) -> None:
    """Wait for CREDIT; a peer that never has room is given up."""
    if pair.outbox.epoch == epoch and pair.stall is None:
        limit = pair.session.limits.full_timeout
        doing = "its mailbox is full"
        _fail_unless_progress(pair, PeerStalled(pair.session.id, pair.party, limit, doing))
    if pair.outbox.settled_epoch == epoch:
        _gap(pair, epoch)
    else:
        _park(pair, epoch)


def _fail_unless_progress(pair: Pair, failure: PeerError, *, again: bool = False) -> None:
    """Give the pair up when nothing of it is taken for ``limits.full_timeout``.

    CREDIT that is there by then may be used for as long ``again``, once.
    """

    def look() -> None:
        if again or pair.outbox.parked:
            pair.fail(failure)
        else:
            _fail_unless_progress(pair, failure, again=True)

    pair.stall = pair.peer.agenda.after(pair.session.limits.full_timeout, look)


def _quota(pair: Pair, epoch: int) -> None:
    """Wait for OPEN, unless it has come in the meantime, and with it a new epoch."""
    if pair.opened and pair.outbox.epoch == epoch:
        pair.violated("a session that is open and is not")
    else:
        _park(pair, epoch)


def _park(pair: Pair, epoch: int) -> None:
    """Go back, once for each refusal, and send nothing until told."""
    if pair.outbox.epoch == epoch:
        pair.outbox.parked = True
        pair.retries += 1
        pair.outbox.rewind()


def _gap(pair: Pair, epoch: int) -> None:
    if pair.outbox.epoch == epoch:
        pair.retries += 1
        pair.outbox.rewind()
        pair.peer.outgoing.ready(pair)


def _completed(pair: Pair, _epoch: int) -> None:
    pair.complete()


def _gone(pair: Pair, _epoch: int) -> None:
    pair.peer_left()


def _not_member(pair: Pair, _epoch: int) -> None:
    pair.fail(NotAMember(pair.session.id, pair.party), tell=False)


def _too_large(pair: Pair, _epoch: int) -> None:
    pair.fail(TermsDiffer(pair.session.id, pair.party, ["largest_message"]), tell=False)


def _aborted(pair: Pair, epoch: int) -> None:
    """Send nothing more. ABORT comes with the reason, on the peer's own connection, and in time."""
    _park(pair, epoch)
    if pair.stall is None:
        says = "(it gave no reason)"
        _fail_unless_progress(pair, PeerAborted(pair.session.id, pair.party, says))


def _odd(pair: Pair, _epoch: int) -> None:
    pair.violated("a status that does not belong there")


_REFUSALS: dict[Status, Callable[[Pair, int], None]] = {
    Status.FULL: _full,
    Status.QUOTA: _quota,
    Status.GAP: _gap,
    Status.COMPLETED: _completed,
    Status.GONE: _gone,
    Status.NOT_MEMBER: _not_member,
    Status.TOO_LARGE: _too_large,
    Status.ABORTED: _aborted,
    Status.STALE: _odd,
}

_OF_OPEN = {Status.COMPLETED, Status.GONE, Status.NOT_MEMBER, Status.ABORTED}
