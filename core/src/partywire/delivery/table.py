"""All sessions of a node: what is open, what came early, what has ended."""

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from partywire.delivery import arrivals, controls
from partywire.delivery.agenda import Agenda
from partywire.delivery.early import EarlySession
from partywire.delivery.limits import Limits
from partywire.delivery.pair import Pair
from partywire.delivery.peers import Peer
from partywire.delivery.records import (
    Abort,
    Batch,
    Control,
    Fin,
    FlowReceipt,
    Open,
    OpenReceipt,
    Receipt,
    Segment,
    Status,
    Terms,
)
from partywire.delivery.sessions import LocalSession
from partywire.delivery.states import ANSWERS, State
from partywire.delivery.tags import Tag
from partywire.delivery.tombstones import Tombstones, ending_of
from partywire.errors import (
    NotInRoster,
    PeerRemoved,
    Rejected,
    SessionIdReused,
    TermsDiffer,
)

_MAX_UNDELIVERED = 1_000

OPEN, ABORTED = State.OPEN, Status.ABORTED


class SessionTable:
    """The sessions of one node and their peers. Every batch that comes in goes here.

    `accept` is atomic and never waits, so that whatever a peer sends, what passes between others is
    not disturbed.

    Attributes:
        peers: the roster without oneself. This is where it is kept: whoever has to know who is in
            it looks here when it has to, and keeps no list of its own.
    """

    def __init__(
        self, peers: Iterable[str], limits: Limits, agenda: Agenda, incarnation: bytes
    ) -> None:
        """Start without sessions; ``peers`` is everybody in the roster but oneself."""
        self.limits: Limits = limits
        self.agenda: Agenda = agenda
        self.incarnation: bytes = incarnation
        self.peers: dict[str, Peer] = {}
        for party in peers:
            self.add(party)
        self.undelivered: deque[tuple[int, str, int]] = deque(maxlen=_MAX_UNDELIVERED)
        self.on_end: Callable[[], None] = _nobody
        """Called when a session has nothing left to deliver."""
        self.on_stranger: Callable[[str, int], None] = _ignored
        """Called with a party, and a session that it sends to and is not in."""
        self._open: dict[int, LocalSession] = {}
        self._ended = Tombstones(limits.remembered_sessions, limits.remembered_for, agenda.now)
        self._opened = 0

    def __len__(self) -> int:
        """Return the number of sessions that are open or linger."""
        return len(self._open)

    def sessions(self) -> list[LocalSession]:
        """Return the sessions that are open or linger."""
        return list(self._open.values())

    def open(
        self,
        session: int,
        terms: Terms,
        peers: Iterable[str],
        *,
        round_timeout: float,
        one_for_all: bool,
    ) -> LocalSession:
        """Open a session, take over what came early, and send OPEN to its peers.

        OPEN also goes to a peer that believes to be in it and is not: the terms then tell it so.

        Raises:
            SessionIdReused: the id is open here, or was used before.
            NotInRoster: a peer is not, or not any more.
        """
        members = [self._peer(party) for party in peers]
        ending = self.state(session)
        if ending not in (State.UNKNOWN, State.EARLY):
            raise SessionIdReused(session, ending.value)
        local = LocalSession(
            session,
            terms,
            members,
            limits=self.limits,
            agenda=self.agenda,
            round_timeout=round_timeout,
            one_for_all=one_for_all,
            order=self._opened,
            ended=self._end,
        )
        self._opened += 1
        self._open[session] = local
        for peer in self.peers.values():
            early = peer.early.take(session)
            pair = local.pairs.get(peer.party)
            if pair is None:
                if early is not None:
                    peer.outgoing.post(Open(session, terms, 0, 0, 0, 0), None)
                continue
            if early is not None:
                _adopt(pair, early)
            pair.announce()
        return local

    def state(self, session: int) -> State:
        """Return what a session is here."""
        local = self._open.get(session)
        if local is not None:
            return local.state
        ending = self._ended.get(session)
        if ending is not None:
            return ending.state
        early = any(session in peer.early for peer in self.peers.values())
        return State.EARLY if early else State.UNKNOWN

    def add(self, party: str) -> Peer:
        """Take a party into the roster."""
        peer = Peer(party, self.limits, self.agenda, partial(self._pairs_with, party))
        self.peers[party] = peer
        return peer

    def remove(self, party: str) -> None:
        """Take a party out of the roster: its pairs fail, and what is held for it is forgotten."""
        for pair in self._pairs_with(party):
            pair.fail(PeerRemoved(pair.session.id, party), tell=False)
        self.peers.pop(party).retire()

    def greeted(self, party: str, incarnation: bytes, asked: float) -> None:
        """A hello proved which life of a peer was alive; see `Peer.greeted`."""
        self.peers[party].greeted(incarnation, asked)

    def accept(self, party: str, batch: Batch) -> Receipt:
        """Take what is next of a batch of that peer, whose identity is proved, and answer it."""
        peer = self._present(party)
        if batch.receiver != self.incarnation or batch.sender != peer.incarnation:
            return Receipt([], [], stale=True)
        peer.heard = self.agenda.now()
        peer.dispatch.armed = True
        opens, flows = [], []
        for control in batch.controls:
            answer = self._control(peer, control)
            if answer is not None:
                opens.append(answer)
        for segment in batch.segments:
            flow = self._segment(peer, segment)
            flows.append(flow)
            if flow.status is ABORTED:
                self._say_why(peer, segment.session)
        return Receipt(opens, flows)

    def take(self, party: str, tag: Tag, payload: bytes) -> Status:
        """Take a message that came alone from that peer, whose identity is proved; see `Guest`."""
        peer = self._present(party)
        peer.heard = self.agenda.now()
        local = self._open.get(tag.session)
        if local is not None:
            pair = local.pairs.get(party)
            if pair is None:
                self.on_stranger(party, tag.session)
                return Status.NOT_MEMBER
            taking = local.state is OPEN
            return arrivals.take(pair, tag.round, payload) if taking else Status.COMPLETED
        if self._ended.get(tag.session) is not None:
            return Status.COMPLETED
        return peer.early.keep(tag.session, tag.round, payload)

    def _present(self, party: str) -> Peer:
        try:
            return self.peers[party]
        except KeyError:
            raise Rejected(party, "is not in the roster any more") from None

    def _peer(self, party: str) -> Peer:
        if party not in self.peers:
            raise NotInRoster(party)
        return self.peers[party]

    def _pairs_with(self, party: str) -> list[Pair]:
        """Return the pairs with that peer that have not failed."""
        found = [local.pairs.get(party) for local in self._open.values()]
        return [pair for pair in found if pair is not None and pair.failure is None]

    def _segment(self, peer: Peer, segment: Segment) -> FlowReceipt:
        local = self._open.get(segment.session)
        if local is not None:
            pair = local.pairs.get(peer.party)
            if pair is None:
                self.on_stranger(peer.party, segment.session)
                return _bare(segment, Status.NOT_MEMBER)
            if local.state is OPEN or pair.refusal is not None:
                return arrivals.accept(pair, segment)
            return _bare(segment, ANSWERS[local.state])
        ending = self._ended.get(segment.session)
        if ending is not None:
            return _bare(segment, ANSWERS[ending.towards(peer.party)])
        return _bare(segment, peer.early.accept(segment))

    def _control(self, peer: Peer, control: Control) -> OpenReceipt | None:
        """Act on a control record; an OPEN is answered."""
        local = self._open.get(control.session)
        status = Status.NOT_MEMBER
        if local is None:
            ending = self._ended.get(control.session)
            status = ANSWERS[ending.towards(peer.party) if ending else State.UNKNOWN]
            if ending is None:
                _remember(peer, control)
        elif (pair := local.pairs.get(peer.party)) is not None:
            refused = pair.refusal is not None
            controls.obey(pair, control)
            status = Status.ABORTED if refused else ANSWERS[local.state]
        else:
            self.on_stranger(peer.party, control.session)
        if type(control) is not Open:
            return None
        if status is Status.ABORTED:
            self._say_why(peer, control.session)
        return OpenReceipt(control.session, status)

    def _say_why(self, peer: Peer, session: int) -> None:
        """Let an ABORT follow the status ABORTED, which has no room for the reason.

        The sender waits for it, and may have missed one or never got one.
        """
        ending, local = self._ended.get(session), self._open.get(session)
        refusal = local.pairs[peer.party].refusal if local is not None else None
        if refusal is not None:
            peer.outgoing.remind(Abort(session, refusal.told))
        elif ending is not None:
            peer.outgoing.remind(Abort(session, ending.towards(peer.party).value))

    def _end(self, local: LocalSession) -> None:
        self.undelivered.extend(local.undelivered())
        self._ended.add(local.id, ending_of(local.state, local.failed_parties()))
        del self._open[local.id]
        self.on_end()


def _adopt(pair: Pair, early: EarlySession) -> None:
    """Give a session that is opened what had come early; what does not fit is sent again.

    Where the terms differ nothing of it can be judged: the pair fails once it has announced its
    own.
    """
    if early.terms is not None and (differ := pair.session.terms.differences(early.terms)):
        pair.announce()
        pair.fail(TermsDiffer(pair.session.id, pair.party, differ))
        return
    arrivals.accept(pair, Segment(pair.session.id, 0, 0, early.records))
    pair.intake.refused = None
    if early.final is not None:
        controls.obey(pair, Fin(pair.session.id, early.final))
    if early.abort is not None:
        controls.obey(pair, Abort(pair.session.id, early.abort))


def _remember(peer: Peer, control: Control) -> None:
    """Remember that a session exists over there, and how it ended."""
    if type(control) is Fin:
        peer.early.note(control.session, final=control.number)
    elif type(control) is Abort:
        peer.early.note(control.session, abort=control.reason)
    elif type(control) is Open:
        peer.early.note(control.session, terms=control.terms)


def _bare(segment: Segment, status: Status) -> FlowReceipt:
    """Answer for a flow that has no mailbox here: no position, no credit."""
    return FlowReceipt(segment.session, status, 0, 0, 0, 0)


def _nobody() -> None:
    """Nobody wants to know."""


def _ignored(_party: str, _session: int) -> None:
    """Nobody wants to know."""
