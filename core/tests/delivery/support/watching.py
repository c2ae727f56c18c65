"""What has to be true all the time, looked at after each thing that may break it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywire.delivery.states import State
from partywire.errors import PeerRestarted

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.tests.delivery.support import world
    from core.tests.delivery.support.participants import Life
    from partywire.delivery.dispatch import Flight
    from partywire.delivery.pair import Pair


class Watching:
    """The invariants of every life, as a `Watch` of the world."""

    def accepted(self, here: Life, party: str) -> None:
        """What is held for a peer is within its bounds, and what the books say."""
        peer, limits = here.table.peers[party], here.table.limits
        mailboxes = sum(pair.intake.mailbox.cost for pair in pairs_with(here, party))
        assert peer.budget.held == peer.early.cost + mailboxes, "the books of a peer are wrong"
        assert peer.budget.held <= limits.peer_bytes, "more is held than a peer may have"
        assert peer.early.cost <= limits.early_bytes, "more is cached than a peer may have"
        assert len(peer.early) <= limits.early_sessions, "too many early sessions"

    def answered(self, here: Life, there: world.Life, flight: Flight) -> None:
        """A sender forgets what is in an opened mailbox, and nothing else."""
        for pair, _ in flight.pairs:
            if pair.completed or pair.session.over:
                continue
            for local in there.table.sessions():
                other = local.pairs.get(here.name)
                if local.id == pair.session.id and other and local.state is State.OPEN:
                    taken = other.intake.number
                    assert pair.outbox.first <= taken, "forgotten before it was taken"

    def greets(self, here: Life, there: world.Life) -> Callable[[], None]:
        """A new life of a peer ends what was bound to another, and begins the rest anew."""
        known = here.table.peers[there.name].incarnation
        if known in (b"", there.incarnation):
            return _nothing
        pairs = [pair for pair in pairs_with(here, there.name) if pair.failure is None]
        bound = [pair for pair in pairs if pair.bound and not pair.left]

        def done() -> None:
            for pair in pairs:
                if pair in bound:
                    assert isinstance(pair.failure, PeerRestarted), f"bound, and {pair.failure}"
                elif not pair.left:
                    assert pair.failure is None, f"not bound, and {pair.failure}"
                    assert pair.announcing, "it does not begin anew"

        return done


def pairs_with(here: Life, party: str) -> list[Pair]:
    """Return the pairs of a life with that peer, in sessions that are open or linger."""
    return [local.pairs[party] for local in here.table.sessions() if party in local.pairs]


def _nothing() -> None:
    """It is the life that was known, or the first one."""
