"""A session: one computation among some parties, as a program uses it."""

from collections.abc import Callable, Mapping
from types import TracebackType

import anyio
import anyio.lowlevel

from partywire.delivery.pair import Pair
from partywire.delivery.sessions import LocalSession
from partywire.errors import NotInSession, OutboxFull, PeerError, SessionClosed
from partywire.session.callbacks import deliver_to
from partywire.session.collecting import Quorum, collect, quorum_of
from partywire.session.options import OnFailure, seconds
from partywire.session.sending import Item, Payload, checked, send_later, send_now, sent_beside
from partywire.session.views import Answers, Counters, Delivery, Wait, counters_of, waits_of
from partywire.session.waits import Waiting, wait_for_delivery, wait_for_slot

_TURNS = 64  # calls that need not wait between two checkpoints


class Session:
    """Messages to and from the other parties of one computation, round by round.

    Made by `Node.session`; open inside its ``async with`` block and never again. Entering raises
    `SessionIdReused` or `NodeClosed`. Leaving in good order lets the node deliver what is left for
    at most ``limits.linger``; leaving by an exception or by cancellation drops it and tells the
    others the name of the error, and of the peer where a peer's failure was it. Neither waits.

    A call that need not wait is a checkpoint only once in 64. Every call may raise `SessionClosed`,
    the `PeerError` of the pair that it concerns, and, where ``on_peer_failure`` is ``"session"``,
    that of any pair.

    Attributes:
        id: the session id, 128 bits.
        party: this party.
        peers: the other parties, in the order of `parties`.
        parties: all parties, as the session was opened with.
    """

    def __init__(
        self,
        opened: Callable[[], Waiting],
        *,
        session: int,
        party: str,
        parties: tuple[str, ...],
        round_timeout: float,
    ) -> None:
        """Made by `Node.session`."""
        self.id: int = session
        self.party: str = party
        self.parties: tuple[str, ...] = parties
        self.peers: tuple[str, ...] = tuple(other for other in parties if other != party)
        self._opened = opened
        self._round_timeout = round_timeout
        self._waiting: Waiting | None = None
        self._pairs: dict[str, Pair] = {}
        self._turns = 0
        self._unstarted = True

    async def __aenter__(self) -> "Session":
        """Open the session."""
        if self._waiting is not None:
            raise SessionClosed(self.id)
        self._waiting = self._opened()
        self._pairs = self._waiting.local.pairs
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the session, without waiting."""
        local = self._core()
        self._pairs = {}
        if local.left:
            return
        if kind is None:
            local.leave()
        elif issubclass(kind, anyio.get_cancelled_exc_class()):
            local.abort("cancelled")
        else:
            local.abort(error.passed_on if isinstance(error, PeerError) else kind.__name__)

    @property
    def round(self) -> int:
        """The current round, from 0."""
        return self._core().round

    @property
    def counters(self) -> Mapping[str, Counters]:
        """What has passed so far, by peer."""
        return {party: counters_of(pair) for party, pair in self._core().pairs.items()}

    def next_round(self, timeout: float | None = None) -> int:
        """Go on to the next round and return its number.

        In a synchronous session it has ``timeout`` seconds (the config's ``round_timeout`` where
        None), and what the rounds before it left. Messages of earlier rounds that no call waits for
        can no longer be read.
        """
        if self._unstarted:
            self._start()
        allowed = self._round_timeout if timeout is None else seconds("timeout", timeout)
        return self._core().next_round(allowed)

    async def send(self, party: str, payload: Payload, *, label: int | None = None) -> None:
        """Send a message in this round, or under a label.

        Returns once the message is in the outbox, from where it is delivered exactly once or the
        pair fails. Waits while the outbox is full (an empty one takes any message). Bytes are kept,
        other buffers copied. To a peer that has left in good order it is counted as discarded. A
        cancelled call has sent nothing.

        Raises:
            RoundUsed: this round already has a message to that peer.
            RoundTimeout: the outbox was full until the deadline.
            UsageError: the party, the payload or the label is not one that can be sent.
        """
        self._turns += 1
        if not self._turns % _TURNS:
            await anyio.lowlevel.checkpoint()
        pair = self._pair(party)
        slot = pair.session.round if label is None else pair.session.slot(label)
        data = checked(payload, pair.session.limits.largest_message)
        if send_now(pair, slot, data):
            if not pair.queued:
                pair.peer.outgoing.hand_over(pair)
        else:
            await send_later(self._open_waiting(), pair, slot, data)

    def send_nowait(self, party: str, payload: Payload, *, label: int | None = None) -> None:
        """Send as `send` does, or raise `OutboxFull` where that would wait."""
        pair = self._pair(party)
        slot = self._slot(label)
        data = checked(payload, pair.session.limits.largest_message)
        if not send_now(pair, slot, data):
            raise OutboxFull(self.id, party)
        pair.peer.outgoing.ready(pair)

    async def receive(self, party: str, *, label: int | None = None) -> bytes:
        """Return the peer's message of this round, or its next one under a label.

        Waits until it is there: in a synchronous session until the round's deadline, in an
        asynchronous one as long as the peer is alive and in the session. The round is the one in
        which the call started. A cancelled call has taken nothing.

        Raises:
            RoundTimeout: the deadline passed; later calls may go on.
            PeerLeft: the peer has left, and all that it sent has been read or skipped.
            ReceiveConflict, RoundReceived: another call waits for that message, or received it.
            MailboxOverflow: the mailbox is full of other labels.
        """
        self._turns += 1
        if not self._turns % _TURNS:
            await anyio.lowlevel.checkpoint()
        pair = self._pair(party)
        slot = pair.session.round if label is None else pair.session.slot(label)
        if slot not in pair.intake.mailbox.by_slot or pair.waits_for(slot):
            await wait_for_slot(self._open_waiting(), pair, slot)
        return pair.take(slot)

    async def send_to_all(self, payload: Payload, *, label: int | None = None) -> None:
        """Send one message to each peer. Not a broadcast of MPC: nothing makes the parties agree.

        A peer with a full outbox delays the call and no other peer's message. A cancelled call has
        sent to some. Raises as `send`; nothing is sent when an argument is wrong.
        """
        items = self._items(dict.fromkeys(self.peers, payload))
        slot = self._slot(label)
        async with sent_beside(self._open_waiting(), items, slot) as failures:
            await anyio.lowlevel.checkpoint()
        for failure in failures.values():
            raise failure

    async def gather(
        self,
        *,
        label: int | None = None,
        at_least: int | None = None,
        on_failure: OnFailure = "raise",
    ) -> Answers:
        """Return one message from each peer, of this round or under a label, by party.

        With ``on_failure="collect"`` the peers that fail stand in the answer's ``failures``.
        ``at_least=k`` collects too: a synchronous session waits for all until the deadline, an
        asynchronous one for k. A cancelled call has taken nothing.

        Raises:
            TooFewAnswers: fewer than ``at_least``.
            PartywireError: as `receive`, of the first peer that failed, unless collected.
        """
        pairs = [self._pair(party) for party in self.peers]
        quorum = self._quorum(at_least, on_failure, len(pairs))
        return await self._gather(pairs, self._slot(label), quorum)

    async def exchange(
        self,
        payloads: Mapping[str, Payload],
        *,
        label: int | None = None,
        at_least: int | None = None,
        on_failure: OnFailure = "raise",
    ) -> Answers:
        """Send one message to each party named, and return one from each of them.

        A cancelled call may have sent to some, and has taken nothing. Arguments and errors as
        `gather`. Where ``at_least`` ends the call while a peer's outbox is still full, that peer
        gets no message, and stands in ``failures``.
        """
        items = self._items(payloads)
        waiting, slot = self._open_waiting(), self._slot(label)
        pairs = [pair for pair, _ in items]
        quorum = self._quorum(at_least, on_failure, len(pairs))
        async with sent_beside(waiting, items, slot, patient=quorum.patient) as failures:
            answers = await self._gather(pairs, slot, quorum)
        if failures and not quorum.collect:
            raise next(iter(failures.values()))
        answers.failures.update(failures)
        return answers

    async def flush(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Wait until all that was sent so far is in opened mailboxes, or its receiver has left.

        Raises:
            FlushTimeout: not within ``timeout`` seconds; None waits as long as no pair fails.
            PeerError: the first pair that failed.
        """
        await wait_for_delivery(self._open_waiting(), timeout)

    def waiting(self) -> tuple[Wait, ...]:
        """Return what the calls of this session wait for, the longest wait first."""
        waiting = self._open_waiting()
        return waits_of(waiting.local, waiting.agenda.now())

    def on_delivery(
        self,
        callback: Callable[[Delivery], None],
        failed: Callable[[PeerError], None] | None = None,
    ) -> None:
        """Hand every message to ``callback`` instead of `receive`, and failures to ``failed``.

        The event loop calls it, soon after; what is held already comes first. Messages of a label
        come in the order of sending. It must not wait, and may call `send_nowait`. What it raises
        ends the session with `DeliveryCallbackFailed`.
        """
        deliver_to(self._core(), callback, failed)

    async def _gather(self, pairs: list[Pair], slot: int, quorum: Quorum) -> Answers:
        await anyio.lowlevel.checkpoint()
        return await collect(self._open_waiting(), pairs, slot, quorum)

    def _quorum(self, at_least: int | None, on_failure: OnFailure, peers: int) -> Quorum:
        return quorum_of(at_least, on_failure, peers, early=self._core().clock is None)

    def _open_waiting(self) -> Waiting:
        if self._waiting is None:
            raise SessionClosed(self.id)
        return self._waiting

    def _core(self) -> LocalSession:
        return self._open_waiting().local

    def _items(self, payloads: Mapping[str, Payload]) -> list[Item]:
        """Look at all arguments before anything is sent."""
        limit = self._core().limits.largest_message
        return [(self._pair(party), checked(payload, limit)) for party, payload in payloads.items()]

    def _pair(self, party: str) -> Pair:
        """Return the pair of a peer, if the session goes on; the first call starts its clock."""
        pair = self._pairs.get(party)
        if pair is None:
            if self._waiting is None or self._waiting.local.left:
                raise SessionClosed(self.id)
            raise NotInSession(self.id, party, self.peers)
        if self._unstarted:
            self._start()
        if pair.session.failure is not None:
            raise pair.session.failure.again()
        return pair

    def _slot(self, label: int | None) -> int:
        local = self._core()
        return local.round if label is None else local.slot(label)

    def _start(self) -> None:
        """Start the clock of a synchronous session, at the first call."""
        self._unstarted = False
        waiting = self._open_waiting()
        if waiting.local.clock is not None:
            waiting.local.clock.start(waiting.agenda.now())
