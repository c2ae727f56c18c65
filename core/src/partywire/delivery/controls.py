"""What a peer's control records do to a pair."""

from partywire.delivery.answers import credited
from partywire.delivery.intake import BrokenRule
from partywire.delivery.pair import Pair
from partywire.delivery.records import Abort, Control, Fin, Grant, Open
from partywire.errors import PeerAborted, TermsDiffer


def obey(pair: Pair, control: Control) -> None:
    """Act on a control record for a session that is open or lingering here."""
    if pair.failure is None and not pair.left:
        match control:
            case Open():
                _open(pair, control)
            case Grant():
                _grant(pair, control)
            case Fin():
                _fin(pair, control)
            case Abort():
                _abort(pair, control)


def _open(pair: Pair, control: Open) -> None:
    """The peer's session exists: hold the terms against ours, and go on where its cache ends.

    Ours is announced again if the peer has missed it.
    """
    differences = pair.session.terms.differences(control.terms)
    if pair.announcing:
        pair.missed = True
    elif not pair.heard:
        pair.announce()
    first, pair.opened = not pair.opened, True
    if differences:
        pair.fail(TermsDiffer(pair.session.id, pair.party, differences))
        return
    credited(pair, control.number, control.offset, control.messages, control.bytes)
    if first:
        pair.outbox.rewind()
        pair.peer.outgoing.ready(pair)


def _grant(pair: Pair, control: Grant) -> None:
    credited(pair, control.number, control.offset, control.messages, control.bytes)


def _fin(pair: Pair, control: Fin) -> None:
    if pair.session.left:
        pair.peer_left()
        return
    try:
        pair.intake.end(control.number)
    except BrokenRule as broken:
        pair.violated(str(broken))
        return
    if pair.intake.number == control.number:
        pair.peer_left()


def _abort(pair: Pair, control: Abort) -> None:
    pair.fail(PeerAborted(pair.session.id, pair.party, control.reason), tell=False)
