"""What a node knows and holds of one peer, over all sessions."""

from typing import TYPE_CHECKING

import attrs

from partywire.delivery.absence import Absence
from partywire.delivery.calls import Calls
from partywire.delivery.dispatch import Dispatch
from partywire.delivery.early import EarlyCache
from partywire.delivery.hello import Way, WayBack
from partywire.delivery.hunger import Hunger
from partywire.delivery.quotas import Budget
from partywire.errors import DuplicateParty, PeerDuplicated, PeerRestarted, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from partywire.delivery.agenda import Agenda
    from partywire.delivery.backoff import Backoff
    from partywire.delivery.limits import Limits
    from partywire.delivery.outgoing import Outgoing
    from partywire.delivery.pair import Pair

UNCALLED = "it has not connected to us"
UNKNOWN = "whether it can reach us is not known, for it has not called yet"
_REMEMBERED_LIVES = 8
_SHORTEST_LIFE = 1.0
"""Seconds."""


class Peer:
    """One peer: its budget, its early messages, and what goes out to it.

    Attributes:
        incarnation: the life of the peer that the last hello proved; empty before the first.
        displaced: its last lives before that, and when each ended for us.
        link: how the connection to the peer is, in words.
        roster_agrees: whether it was so when it last said whether its roster is ours.
        heard: when its last batch or hello came, or None; seconds of the agenda's clock.
        callers: how many connections stand that the peer has made to us.
        unreached: runs while we cannot reach the peer.
        uncalled: runs while we reach the peer, and no connection of its own comes back: what it has
            to say, ABORT included, goes by that one.
        limits: the bounds of what goes out to it.
        dispatch: what goes out in batches.
        outgoing: what goes out, by whichever wire: the dispatch, or `Calls`.
        hunger: pairs whose head was refused because the budget was spent.
    """

    def __init__(
        self,
        party: str,
        limits: "Limits",
        agenda: "Agenda",
        pairs: "Callable[[], Iterable[Pair]]",
    ) -> None:
        """Start as a peer that was never heard of; ``pairs`` returns those that have not failed."""
        self.party: str = party
        self.agenda: Agenda = agenda
        self._pairs = pairs
        self.budget: Budget = Budget(limits.peer_bytes)
        self.early: EarlyCache = EarlyCache(limits, self.budget, agenda)
        self.limits: Limits = limits
        self.dispatch: Dispatch = Dispatch(limits.window)
        self.outgoing: Outgoing = self.dispatch
        self.incarnation: bytes = b""
        self.displaced: dict[bytes, float] = {}
        self._accused = float("-inf")
        self.link: str = "not reached yet"
        self._way, self._since = Way.UNTRIED, agenda.now()
        self.roster_agrees: bool = True
        self.heard: float | None = None
        self.hunger: Hunger = Hunger(self.budget, agenda)
        self.callers: int = 0
        self.unreached: Absence = Absence(agenda, limits.give_up, pairs, lambda: self.link)
        self.uncalled: Absence = Absence(agenda, limits.give_up, pairs, lambda: UNCALLED)
        self.early.freed = self.hunger.feed

    @property
    def unary(self) -> bool:
        """Whether it is on a wire of single calls."""
        return self.outgoing is not self.dispatch

    def by_calls(self, backoff: "Callable[[], Backoff]") -> Calls:
        """Write to this peer message by message from now on; no session has it yet."""
        most = min(self.limits.call_messages, self.limits.mailbox_messages)
        self.limits = attrs.evolve(self.limits, mailbox_messages=most)
        self.outgoing = calls = Calls(self.limits, self.agenda, backoff)
        return calls

    def greeted(self, incarnation: bytes, asked: float) -> None:
        """A hello proved which life of the peer was alive at ``asked``, or later.

        What was bound to another one fails. Pairs that nothing was taken of, on either side, begin
        anew with the new life.

        Raises:
            DuplicateParty: a life that was displaced is alive after that: two nodes run under one
                id. No pair with that peer can be trusted to reach the right one; all of them fail.
            Rejected: the hello took so long that its life was displaced meanwhile, or the peer
                starts anew too often: each time costs something for each session.
        """
        if incarnation in self.displaced:
            self._refuse_displaced(late=asked <= self.displaced[incarnation])
        self.heard = self.agenda.now()
        if incarnation == self.incarnation:
            return
        if self.incarnation:
            if self.just_began(_SHORTEST_LIFE):
                raise Rejected(self.party, f"started anew twice within {_SHORTEST_LIFE:.0f} s")
            self.dispatch.begin_anew()
            self.early.clear()
            for pair in self._pairs():
                if pair.bound:
                    pair.refusal = PeerRestarted(pair.session.id, self.party)
                    pair.fail(pair.refusal, tell=False)
                else:
                    pair.announce()
        self.begins_anew(incarnation)

    def stands(self, way: Way, link: str) -> None:
        """It stands otherwise with the connection to the peer; ``link`` says so in words."""
        if way is not self._way:
            self._way, self._since = way, self.agenda.now()
        self.link = link

    def way_back(self) -> WayBack:
        """Return what the peer may know of the connection to it."""
        return WayBack(self._way, self.agenda.now() - self._since)

    def retire(self) -> None:
        """The peer is not in the roster any more: forget what came early, and miss it no more."""
        self.early.clear()
        self.unreached.end()
        self.uncalled.end()
        self.stands(Way.UNTRIED, "not in the roster any more")

    def _refuse_displaced(self, *, late: bool) -> None:
        if late:
            raise Rejected(self.party, "a hello of a life that has ended meanwhile")
        if self.accuse(_SHORTEST_LIFE):
            for pair in self._pairs():
                pair.fail(PeerDuplicated(pair.session.id, self.party))
        raise DuplicateParty(self.party, "two nodes run under this id, in turns; stop one of them")

    def begins_anew(self, incarnation: bytes) -> None:
        """Another life of the peer was proved; the one before it is remembered for a while."""
        if self.incarnation:
            self.displaced[self.incarnation] = self.agenda.now()
            if len(self.displaced) > _REMEMBERED_LIVES:
                del self.displaced[next(iter(self.displaced))]
        self.incarnation = incarnation

    def accuse(self, pause: float) -> bool:
        """Tell whether to fail all pairs for a second node: at most once in ``pause`` seconds."""
        now = self.agenda.now()
        if now - self._accused < pause:
            return False
        self._accused = now
        return True

    def just_began(self, seconds: float) -> bool:
        """Tell whether the present life displaced another one less than so many seconds ago."""
        return any(self.agenda.now() - ended < seconds for ended in self.displaced.values())

    @property
    def link_to(self) -> str:
        """How the connection is, without the peer's name before it."""
        return self.link.removeprefix(f"{self.party}: ")

    def link_text(self, now: float) -> str:
        """Return how the connection is and when the peer was last heard, for people."""
        way_back = UNKNOWN if self.unary else UNCALLED
        link = self.link if self.callers else f"{self.link}; {way_back}"
        if self.heard is None:
            return f"{link}; never heard of"
        return f"{link}; last heard {now - self.heard:.1f} s ago"
