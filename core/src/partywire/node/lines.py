"""By which wire each peer is reached: connections for batches, or single calls."""

from functools import partial

from partywire.delivery.backoff import Backoff
from partywire.delivery.limits import Limits
from partywire.delivery.peers import Peer
from partywire.node.assembly import Parts
from partywire.node.bell import Bell
from partywire.node.calling import called
from partywire.node.connection import connected
from partywire.node.line import Dial
from partywire.node.losses import Losses


class Lines:
    """Opens the line to each peer, by the wire that the config says: `Peer.unary` from then on."""

    def __init__(self, party: str, parts: Parts, limits: Limits, changed: Bell) -> None:
        """Prepare for ``party``, this one; ``changed`` rings at each answer."""
        self._rooms: dict[str, Bell] = {}
        self._party = party
        self._parts = parts
        self._limits = limits
        self._changed = changed

    def to(self, peer: Peer) -> Dial:
        """Return what opens a line to a peer, of which nothing was said or heard yet."""
        parts = self._parts
        if parts.transport.unary(peer.party):
            return self._single_calls(peer)
        return partial(
            connected, parts.transport, peer, parts.table, parts.introduction, self._changed
        )

    def room_of(self, party: str) -> Bell:
        """Return what rings when a message of a peer on a wire of single calls may have room."""
        return self._rooms[party]

    def forget(self, party: str) -> None:
        """A peer is not in the roster any more."""
        self._rooms.pop(party, None)

    def _single_calls(self, peer: Peer) -> Dial:
        limits, surroundings = self._limits, self._parts.introduction.surroundings
        pauses = limits.retry_first, limits.retry_factor, limits.retry_longest
        calls = peer.by_calls(lambda: Backoff(*pauses, surroundings.random))
        room = self._rooms[peer.party] = Bell()
        calls.on_room = room.ring
        peer.early.dropped = Losses(peer.party, limits.early_lifetime, peer.agenda).add
        return partial(
            called, self._parts.transport, peer, calls, self._party, surroundings, self._changed
        )
