"""What is in the way of a call that waits, as far as this end knows it, in words for people."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partywire.delivery.pair import Pair

NOT_OPENED = "it has not opened the session"


def why_no_room(pair: "Pair") -> str:
    """Return why an outbox does not drain; empty where nothing but time is needed."""
    if not pair.opened:
        return NOT_OPENED
    return pair.peer.outgoing.why_held(pair)


def why_nothing_came(pair: "Pair") -> str:
    """Return what keeps a message from coming in; empty where it was not sent yet."""
    partial = pair.intake.partial
    if partial is not None:
        return f"{partial.total - partial.rest} of {partial.total} bytes have come"
    if pair in pair.peer.hunger.pairs:
        return "limits.peer_bytes is spent on what was not read of it"
    if pair.intake.refused is not None:
        return "its next message has no room in the mailbox"
    return "" if pair.opened else NOT_OPENED
