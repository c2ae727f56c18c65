"""A session as one node holds it: its pairs, its round, its state."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from partywire.delivery.alarms import Alarms
from partywire.delivery.pair import Pair
from partywire.delivery.records import Abort, Fin, Terms, label_slot
from partywire.delivery.rounds import RoundClock
from partywire.delivery.states import Event, State, step
from partywire.errors import LabelsNotEnabled, PartywireError

if TYPE_CHECKING:
    from partywire.delivery.agenda import Agenda, Appointment
    from partywire.delivery.limits import Limits
    from partywire.delivery.peers import Peer
    from partywire.delivery.waiting import Waiter


class LocalSession:
    """One session at this node. Its pairs fail alone, unless ``one_for_all``.

    Attributes:
        opened: when this node opened it, in seconds of the agenda's clock.
        order: the place among the sessions that this node opened, from 0.
        clock: the deadlines of a synchronous session; None in an asynchronous one.
        failure: why every call of the session raises, or None.
        sink: takes each pair that has new messages, instead of receives; see `deliver_soon`.
    """

    __slots__ = (
        "_agenda",
        "_ended",
        "_expiry",
        "_sunk",
        "alarms",
        "clock",
        "failure",
        "flushers",
        "id",
        "labels",
        "limits",
        "one_for_all",
        "opened",
        "order",
        "pairs",
        "round",
        "sink",
        "state",
        "terms",
    )

    def __init__(
        self,
        session: int,
        terms: Terms,
        peers: Iterable["Peer"],
        *,
        limits: "Limits",
        agenda: "Agenda",
        round_timeout: float,
        one_for_all: bool,
        order: int,
        ended: Callable[["LocalSession"], None],
    ) -> None:
        """Made by the session table; ``ended`` is called once nothing is left to deliver."""
        self.id: int = session
        self.terms: Terms = terms
        self.labels: bool = terms.labels
        self.limits: Limits = limits
        self.round: int = 0
        self.opened: float = agenda.now()
        self.order: int = order
        self.one_for_all: bool = one_for_all
        self.state: State = State.OPEN
        self.failure: PartywireError | None = None
        self.clock: RoundClock | None = (
            RoundClock(round_timeout) if terms.timing == "synchronous" else None
        )
        self.flushers: list[Waiter] = []
        self.sink: Callable[[Pair], None] | None = None
        self._agenda = agenda
        self._ended = ended
        self._expiry: Appointment | None = None
        self._sunk: set[Pair] | None = None
        self.alarms: Alarms = Alarms(self, agenda)
        self.pairs: dict[str, Pair] = {peer.party: Pair(self, peer) for peer in peers}

    @property
    def left(self) -> bool:
        """Whether this end has left the session."""
        return self.state is not State.OPEN

    @property
    def over(self) -> bool:
        """Whether the session has ended here, and delivers nothing more."""
        return self.state not in (State.OPEN, State.LINGERING)

    def starving(self) -> bool:
        """Tell whether any receive of the session waits for a slot that is not held."""
        return any(
            slot not in pair.intake.mailbox
            for pair in self.pairs.values()
            for slot in pair.intake.waiters or ()
        )

    def slot(self, label: int) -> int:
        """Return the slot of a label; raise `LabelsNotEnabled` or `LabelInvalid`."""
        if not self.labels:
            raise LabelsNotEnabled(self.id)
        return label_slot(label)

    def next_round(self, timeout: float) -> int:
        """Go on to the next round, which has ``timeout`` seconds more, and return its number."""
        self.round += 1
        if self.clock is not None:
            self.clock.next_round(timeout)
        for pair in self.pairs.values():
            if pair.intake.mailbox.by_slot:
                pair.intake.drop_rounds_before(self.round)
            if pair.intake.refused is not None:
                pair.reconsider()
            if pair.peer.hunger.pairs:
                pair.peer.hunger.feed()
        return self.round

    # --- endings ----------------------------------------------------------------------------------

    def leave(self) -> None:
        """Leave in good order: FIN to everyone, and linger until everything is delivered."""
        self.state = step(self.state, Event.LEAVE)
        self._expiry = self._agenda.after(self.limits.linger, self.expire)
        for pair in list(self.pairs.values()):
            pair.drop_unread()
            if pair.unread_error() is None:
                pair.peer.outgoing.post(Fin(self.id, pair.outbox.end), pair)
        self._look_whether_drained()

    def abort(self, reason: str) -> None:
        """Leave by an error: drop what was not sent, and tell everyone."""
        self.state = step(self.state, Event.ABORT)
        for pair in self.pairs.values():
            pair.completed = True
            if pair.unread_error() is None:
                pair.peer.outgoing.post(Abort(self.id, reason), pair)
        self._end()

    def expire(self) -> None:
        """Stop lingering: what is left is not delivered."""
        if self.state is not State.LINGERING:
            return
        self.state = step(self.state, Event.EXPIRE)
        for pair in self.pairs.values():
            if not pair.drained:
                pair.peer.outgoing.post(Abort(self.id, "left with messages undelivered"), pair)
        self._end()

    def undelivered(self) -> list[tuple[int, str, int]]:
        """Return (session, party, messages) for each peer that does not have everything."""
        return [
            (self.id, pair.party, count)
            for pair in self.pairs.values()
            if not pair.completed and (count := len(pair.outbox))
        ]

    def failed_parties(self) -> tuple[str, ...]:
        """Return who did not get everything, in a session that has ended in good order."""
        undrained = self.state is State.UNDELIVERED
        return tuple(
            pair.party
            for pair in self.pairs.values()
            if pair.refusal is not None or (undrained and not pair.drained)
        )

    def progress(self, _pair: Pair) -> None:
        """Something was delivered, or never will be: wake flushes, and end what has lingered."""
        for waiter in self.flushers:
            waiter.wake()
        if self.state is State.LINGERING:
            self._look_whether_drained()

    def break_off(self, error: PartywireError) -> None:
        """Let every call of the session raise that error from now on."""
        if self.failure is None:
            self.failure = error
            for pair in self.pairs.values():
                pair.wake_all()

    def pair_failed(self, pair: Pair) -> None:
        """One pair failed: with ``one_for_all`` the whole session has."""
        if self.one_for_all and pair.failure is not None and not self.left:
            self.break_off(pair.failure)
        self.progress(pair)

    def _look_whether_drained(self) -> None:
        if self.state is State.LINGERING and all(pair.drained for pair in self.pairs.values()):
            self.state = step(self.state, Event.DRAINED)
            self._end()

    def _end(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        self.alarms.cancel()
        self._ended(self)
        for pair in self.pairs.values():
            pair.let_go()

    def deliver_soon(self, pair: Pair) -> None:
        """Hand a pair with new messages to the sink, from the loop and once for many."""
        if self._sunk is None:
            self._sunk = set()
        if pair not in self._sunk:
            self._sunk.add(pair)
            self._agenda.soon(partial(self._deliver, pair))

    def _deliver(self, pair: Pair) -> None:
        if self._sunk is not None:
            self._sunk.discard(pair)
        if self.sink is not None and self.state is State.OPEN:
            self.sink(pair)
