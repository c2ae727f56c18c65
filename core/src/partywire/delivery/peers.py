"""What a node knows and holds of one peer, over all sessions."""

from typing import TYPE_CHECKING

from partywire.delivery.dispatch import Dispatch
from partywire.delivery.early import EarlyCache
from partywire.delivery.quotas import Budget
from partywire.delivery.records import MESSAGE_COST

if TYPE_CHECKING:
    from partywire.delivery.agenda import Agenda
    from partywire.delivery.limits import Limits
    from partywire.delivery.pair import Pair


class Peer:
    """One peer: its budget, its early messages, and what goes out to it.

    Attributes:
        incarnation: the life of the peer that the last hello proved; empty before the first.
        link: how the connection to the peer is, in words.
        heard: when its last batch or hello came, or None; seconds of the agenda's clock.
        hungry: pairs whose head was refused because the budget was spent.
    """

    def __init__(self, party: str, limits: "Limits", agenda: "Agenda") -> None:
        """Start as a peer that was never heard of."""
        self.party: str = party
        self.agenda: Agenda = agenda
        self.budget: Budget = Budget(limits.peer_bytes)
        self.early: EarlyCache = EarlyCache(limits, self.budget, agenda)
        self.dispatch: Dispatch = Dispatch(limits.window)
        self.incarnation: bytes = b""
        self.link: str = "not reached yet"
        self.heard: float | None = None
        self.hungry: dict[Pair, None] = {}
        self.early.freed = self.feed

    def link_text(self, now: float) -> str:
        """Return how the connection is and when the peer was last heard, for people."""
        if self.heard is None:
            return f"{self.link}; never heard of"
        return f"{self.link}; last heard {now - self.heard:.1f} s ago"

    def feed(self) -> None:
        """Give CREDIT to the refused heads that the budget takes now.

        Heads of rounds that are being read go first, then those of the oldest sessions.
        """
        room = self.budget.limit - self.budget.held
        for pair in sorted(self.hungry, key=_hunger):
            refused = pair.intake.refused
            if refused is None or pair.unread_error() is not None:
                del self.hungry[pair]
            elif refused[1] + MESSAGE_COST <= room:
                room -= refused[1] + MESSAGE_COST
                del self.hungry[pair]
                pair.grant()


def _hunger(pair: "Pair") -> tuple[bool, int]:
    slot = pair.intake.refused[0] if pair.intake.refused else -1
    return slot != pair.session.round, pair.session.order
