"""Where a router is tested: a node's session table behind it, and the tables of two peers."""

from collections import deque
from collections.abc import Callable, Iterator

import anyio
import attrs

from partywire.delivery.agenda import Agenda
from partywire.delivery.dispatch import Flight
from partywire.delivery.ids import parties_digest
from partywire.delivery.limits import Limits
from partywire.delivery.records import Batch, Receipt, Status, Terms, label_slot
from partywire.delivery.sessions import LocalSession
from partywire.delivery.table import SessionTable
from partywire.delivery.tags import Tag
from partywire.errors import Rejected
from partywire.identity import Evidence, Identity, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.judge import judge
from partywire.node.router import LocalRouter

HERE = "p2"
SENDERS = ("p1", "p3")
PARTIES = ("p1", "p2", "p3")
SESSION = 1
LABEL = label_slot(0)


class Local(LocalRouter):
    """The built-in router, with parties whose batches wait, and sessions that it rejects."""

    def __init__(self, table: SessionTable) -> None:
        """Hold nobody."""
        super().__init__(table)
        self.held: dict[str, anyio.Event] = {}
        self.rejects: bool = False
        self.waits: bool = False
        self.taken: Callable[[], None] = _nobody
        """Called after each batch that `accept` has taken."""

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        """Take a batch, once its party may go on."""
        await self._may_go_on(identity)
        receipt = await super().accept(identity, batch)
        self.taken()
        return receipt

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        """Take a message that came alone, once its party may go on."""
        await self._may_go_on(identity)
        return await super().take(identity, tag, payload)

    async def _may_go_on(self, identity: Identity) -> None:
        await anyio.lowlevel.checkpoint()
        if identity.party in self.held:
            await self.held[identity.party].wait()
        if self.rejects:
            raise Rejected(identity.party, "rejected by this test")

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt:
        """Take a batch, unless its party has to wait."""
        if self.waits or self.rejects or identity.party in self.held:
            return None  # type: ignore[return-value]
        return super().accept_nowait(identity, batch)


@attrs.frozen
class Desk:
    """A node's table behind its local router, and tables of peers that send to it."""

    here: SessionTable
    local: Local
    peers: dict[str, SessionTable]

    def send(self, party: str, *payloads: bytes, session: int = SESSION) -> list[Flight]:
        """Let a peer send messages of one label, and return its batches, one for each message."""
        return list(self._sent(party, payloads, session))

    def _sent(self, party: str, payloads: tuple[bytes, ...], session: int) -> Iterator[Flight]:
        table = self.peers[party]
        local = next(each for each in table.sessions() if each.id == session)
        for payload in payloads or (None,):
            if payload is not None:
                local.pairs[HERE].put(LABEL, payload)
            while (flight := table.peers[HERE].dispatch.next()) is not None:
                yield flight

    def answered(self, party: str, flight: Flight, receipt: Receipt) -> None:
        """Bring an answer to the peer; `Malformed` where it is none for the batch."""
        self.peers[party].peers[HERE].dispatch.answered(flight, receipt)

    def came(self, party: str, session: int = SESSION) -> list[bytes]:
        """Return what is in the mailbox from a peer."""
        held = self._mailbox(party, session).get(LABEL, deque())
        return [held] if isinstance(held, bytes) else list(held)

    def came_alone(self, party: str, number: int, session: int = SESSION) -> object:
        """Return what is in the mailbox from a peer for a round; None where nothing is."""
        return self._mailbox(party, session).get(number)

    def leave(self, session: int) -> None:
        """Leave a session of this node."""
        self._session(session).leave()

    def _session(self, session: int) -> LocalSession:
        return next(each for each in self.here.sessions() if each.id == session)

    def _mailbox(self, party: str, session: int) -> dict[int, bytes | deque[bytes]]:
        return self._session(session).pairs[party].intake.mailbox.by_slot


def desk(*sessions: int) -> Desk:
    """Return a desk where everybody has opened these sessions, and the peers one more each."""
    here = _table(HERE, SENDERS)
    peers = {party: _table(party, [HERE]) for party in SENDERS}
    for party, table in peers.items():
        here.greeted(party, _life(party), 0.0)
        table.greeted(HERE, _life(HERE), 0.0)
        dispatch = table.peers[HERE].dispatch
        dispatch.sender, dispatch.receiver = _life(party), _life(HERE)
    for session in sessions:
        _open(here, session)
        for table in peers.values():
            _open(table, session)
    return Desk(here, Local(here), peers)


def identity(party: str) -> Identity:
    """Return the identity of a party, as the core makes it."""
    return judge(Evidence(party, "a test"), [_Believes()], expected=party, now=0.0)


def open_early(desk: Desk, session: int) -> None:
    """Open a session at the peers alone."""
    for table in desk.peers.values():
        _open(table, session)


def _nobody() -> None:
    """Nobody wants to know."""


class _Believes(IdentityVerifier):
    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        return Verdict(expected)


def _life(party: str) -> bytes:
    return party.encode().ljust(16, b".")


def _table(party: str, others: tuple[str, ...] | list[str]) -> SessionTable:
    return SessionTable(others, Limits(), Agenda(lambda: 0.0), _life(party))


def _open(table: SessionTable, session: int) -> None:
    terms = Terms(parties_digest(PARTIES), "asynchronous", True, 32, 1 << 31)
    table.open(session, terms, list(table.peers), round_timeout=120.0, one_for_all=False)
