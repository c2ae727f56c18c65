"""One (session, peer) pair: both halves of its traffic, and how it fails alone."""

from typing import TYPE_CHECKING

from partywire.delivery.intake import Intake
from partywire.delivery.outbox import Outbox
from partywire.delivery.records import Abort, Fin, FlowReceipt, Grant, Open, Status
from partywire.delivery.waiting import Waiter
from partywire.errors import (
    MailboxOverflow,
    PartywireError,
    PeerError,
    PeerLeft,
    ProtocolViolation,
)

if TYPE_CHECKING:
    from collections import deque

    from partywire.delivery.agenda import Appointment
    from partywire.delivery.peers import Peer
    from partywire.delivery.sessions import LocalSession

CREDIT_PAUSE = 0.005
"""Seconds that CREDIT waits for more room; see `Pair.reconsider`."""


class Pair:
    """What one session has with one peer.

    Attributes:
        failure: why the pair failed; what had arrived can still be received.
        refusal: why whatever comes is refused: the failure, or that it is of another life than the
            one that has left in good order.
        left: the peer left in good order: nothing more comes from it.
        completed: the peer takes no more; what is sent is counted as discarded.
        opened: the peer's OPEN was seen: from then on receipts are custody.
        heard: the peer's open session has taken our OPEN.
        announcing: our OPEN waits to be sent or answered.
        missed: the peer's OPEN came while ours was on its way, which may have been too early.
        fin_taken: the peer's node has taken our FIN.
    """

    __slots__ = (
        "announcing",
        "bytes_received",
        "bytes_sent",
        "completed",
        "discarded",
        "failure",
        "fin_taken",
        "heard",
        "intake",
        "later",
        "left",
        "messages_received",
        "messages_sent",
        "missed",
        "opened",
        "outbox",
        "party",
        "peer",
        "queued",
        "received_round",
        "refusal",
        "retries",
        "room",
        "session",
        "stall",
        "used_round",
        "waited",
    )

    def __init__(self, session: "LocalSession", peer: "Peer") -> None:
        """Join a session and a peer; nothing is sent yet."""
        self.session: LocalSession = session
        self.peer: Peer = peer
        self.party: str = peer.party
        self.outbox: Outbox = Outbox(peer.limits)
        self.intake: Intake = Intake(peer.budget)
        self.failure: PeerError | None = None
        self.refusal: PeerError | None = None
        self.left: bool = False
        self.completed: bool = False
        self.opened: bool = False
        self.heard: bool = False
        self.announcing: bool = False
        self.missed: bool = False
        self.fin_taken: bool = False
        self.queued: bool = False
        self.used_round: int = -1
        self.received_round: int = -1
        self.room: deque[Waiter] | None = None
        self.stall: Appointment | None = None
        self.later: Appointment | None = None
        self.messages_sent: int = 0
        self.messages_received: int = 0
        self.bytes_sent: int = 0
        self.bytes_received: int = 0
        self.retries: int = 0
        self.discarded: int = 0
        self.waited: float = 0.0

    def put(self, slot: int, data: bytes) -> None:
        """Accept a message for sending; the caller has looked for room, and rouses the dispatch."""
        self.hold(slot, data)
        self.peer.outgoing.line_up(self)

    def hold(self, slot: int, data: bytes) -> None:
        """Accept a message for sending; where the pair is not queued, the caller hands it over."""
        self.messages_sent += 1
        self.bytes_sent += len(data)
        if self.completed:
            self.discarded += 1
            return
        self.outbox.put(slot, data)

    def take(self, slot: int) -> bytes:
        """Take a message that is there, and let the sender know when that made room."""
        intake = self.intake
        data = intake.take(slot)
        self.messages_received += 1
        self.bytes_received += len(data)
        if slot >= 0:
            self.received_round = slot
        if intake.refused is not None:
            self.reconsider()
        if self.peer.hunger.pairs:
            self.peer.hunger.feed()
        return data

    def receipt(self, status: Status) -> FlowReceipt:
        """Return an answer with the present position and credit."""
        intake = self.intake
        messages, room = intake.credit(self.session.limits)
        return FlowReceipt(self.session.id, status, intake.number, intake.offset, messages, room)

    def reconsider(self) -> None:
        """Send CREDIT when a head that was refused may come now.

        Where nobody is hungry and there is little room yet, it may become more: CREDIT then waits
        for `CREDIT_PAUSE`, so that a slow reader does not cost one for each message.
        """
        intake, session = self.intake, self.session
        if intake.refused is None or not intake.fits(*intake.refused, session):
            return
        if session.starving() or intake.roomy(session):
            self.grant()
        elif self.later is None:
            self.later = self.peer.agenda.after(CREDIT_PAUSE, self._grant_later)

    def _grant_later(self) -> None:
        self.later = None
        refused = self.intake.refused
        if refused is not None and self.intake.fits(*refused, self.session):
            self.grant()

    def grant(self) -> None:
        """Send CREDIT."""
        intake = self.intake
        intake.refused = None
        if self.later is not None:
            self.later.cancel()
            self.later = None
        credit = intake.credit(self.session.limits)
        control = Grant(self.session.id, intake.number, intake.offset, *credit)
        self.peer.outgoing.post(control, self)

    def announce(self) -> None:
        """Send OPEN, and FIN again where this end has left: who opens late may have missed them."""
        session, intake = self.session, self.intake
        self.announcing, self.missed = True, False
        credit = intake.credit(session.limits)
        control = Open(session.id, session.terms, intake.number, intake.offset, *credit)
        self.peer.outgoing.post(control, self)
        if session.left:
            self.peer.outgoing.post(Fin(session.id, self.outbox.end), self)

    # --- endings ----------------------------------------------------------------------------------

    def peer_left(self) -> None:
        """The peer is gone in good order: nothing comes, and it takes nothing more."""
        if not self.left:
            self.left = True
            self.intake.drop_partial()
            self.complete()
            self.wake_all()
            self.peer.hunger.forget(self)

    def complete(self) -> None:
        """The peer takes no more messages: what is held counts as discarded."""
        self.completed = True
        self.discarded += self.outbox.drop()
        self.calm()
        self.wake_senders()
        self.session.progress(self)

    def violated(self, rule: str) -> None:
        """Fail, since the peer broke a rule."""
        self.fail(ProtocolViolation(self.session.id, self.party, rule))

    def fail(self, error: PeerError, *, tell: bool = True) -> None:
        """Fail once, tell the peer unless it knows, and wake every call that waits for it."""
        if self.failure is not None or self.left:
            return
        self.failure = self.refusal = error
        self.completed = True
        self.discarded += self.outbox.drop()
        self.intake.drop_partial()
        self.calm()
        if tell:
            self.peer.outgoing.post(Abort(self.session.id, error.told), self)
        self.wake_all()
        self.peer.hunger.forget(self)
        self.session.pair_failed(self)

    def drop_unread(self) -> None:
        """Forget what was not read; the room it leaves is another session's."""
        self.intake.drop()
        self.peer.hunger.forget(self)

    def waits_for(self, slot: int) -> bool:
        """Tell whether a call waits for that slot."""
        waiters = self.intake.waiters
        return waiters is not None and slot in waiters

    def park(self, waiter: Waiter) -> None:
        """Let a call wait for a slot that no other call waits for."""
        waiters = self.intake.waiters
        if waiters is None:
            waiters = self.intake.waiters = {}
        waiters[waiter.slot] = waiter

    def unpark(self, slot: int, now: float) -> None:
        """End a call's wait."""
        waiters = self.intake.waiters
        if waiters is not None:
            self.waited += now - waiters.pop(slot).since

    def slot_error(self, slot: int) -> PartywireError | None:
        """Return why the slot, which is not held, will not come; None while it may."""
        waiter = self.intake.waiters.get(slot) if self.intake.waiters else None
        if waiter is not None and waiter.error is not None:
            return waiter.error
        return self.unread_error()

    def unread_error(self) -> PeerError | None:
        """Return why no further message will come, or None while one may."""
        if self.failure is not None:
            return self.failure
        return PeerLeft(self.session.id, self.party) if self.left else None

    @property
    def bound(self) -> bool:
        """Whether the pair belongs to one life of the peer: it was opened, taken of, or left."""
        outbox, intake = self.outbox, self.intake
        taken = outbox.first or outbox.first_offset or intake.number or intake.offset
        return self.opened or self.heard or self.left or taken > 0

    @property
    def drained(self) -> bool:
        """Whether a session that was left needs this pair no longer."""
        return self.completed or (not len(self.outbox) and self.fin_taken)

    def calm(self) -> None:
        """Stop the clock of a peer that made no progress."""
        if self.stall is not None:
            self.stall.cancel()
            self.stall = None

    def let_go(self) -> None:
        """The session has ended here: hold nothing for it any more."""
        self.peer.outgoing.retire(self)
        self.drop_unread()
        self.outbox.drop()
        self.completed = True
        self.calm()
        if self.later is not None:
            self.later.cancel()
        self.wake_all()

    def wake_all(self) -> None:
        """Wake receivers, the delivery callback and senders; each looks for itself."""
        if self.session.sink is not None:
            self.session.deliver_soon(self)
        for waiter in list((self.intake.waiters or {}).values()):
            waiter.wake()
        self.wake_senders()

    def wake_senders(self) -> None:
        """Wake the first that waits for room; it wakes the next."""
        if self.room:
            self.room[0].wake()

    def overflow(self) -> None:
        """Refuse receives of a slot that cannot come in behind labels nobody reads."""
        intake = self.intake
        for waiter in list((intake.waiters or {}).values()):
            if waiter.slot not in intake.mailbox:
                waiter.refuse(MailboxOverflow(self.session.id, self.party, waiter.slot))
