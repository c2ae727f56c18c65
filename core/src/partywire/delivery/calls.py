"""What goes out to a peer on the reference wire: message by message, an answer for each.

Such a peer has no receipts with positions, no control records and no lives. Source: DELIVERY rules
of the reference system's wire, zama-ai/kms, commit 30b425c63, core/threshold-networking.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs

from partywire.delivery import answers
from partywire.delivery.records import MESSAGE_COST, Fin, Open, Status
from partywire.errors import NotAMember, PeerRefused, PeerStalled

if TYPE_CHECKING:
    from partywire.delivery.agenda import Agenda, Appointment
    from partywire.delivery.backoff import Backoff
    from partywire.delivery.limits import Limits
    from partywire.delivery.pair import Pair
    from partywire.delivery.records import Abort, Control

LARGEST: Final = (1 << 31) - 1 - 128
"""Bytes of one message: a request has less than 2 GiB, its tag included."""

NO_ROOM: Final = (
    "it has no room: its queue is full, or it holds too many sessions it has not opened"
)


@attrs.define(eq=False)
class Call:
    """A message on its way; ``end`` makes whoever carries it give up."""

    pair: "Pair"
    number: int
    round: int
    payload: bytes = attrs.field(repr=False)
    end: Callable[[], None] = attrs.field(default=lambda: None, repr=False)

    @property
    def size(self) -> int:
        """What it counts against the window."""
        return len(self.payload) + MESSAGE_COST


@attrs.define
class _Trouble:
    """Why the head of a pair has to be sent again, and how long the next pause is."""

    backoff: "Backoff"
    words: str = ""


class Calls:
    """The outgoing side of one peer, for all sessions: one call at a time for each of them.

    Sessions take turns. A call that failed is made again after a pause that grows, in the same
    place, until the peer is given up: what a session sends arrives in its order.

    Attributes:
        on_room: called when a message of the peer that had no room here may have some now.
    """

    def __init__(
        self, limits: "Limits", agenda: "Agenda", backoff: "Callable[[], Backoff]"
    ) -> None:
        """Start with nothing to send; ``backoff`` makes the pauses of one pair."""
        self.wake: Callable[[], None] = _nobody
        self.hand_over: Callable[[Pair], None] = self.ready
        self.on_room: Callable[[], None] = _nobody
        self._limits = limits
        self._agenda = agenda
        self._backoff = backoff
        self._line: deque[Pair] = deque()
        self._calls: dict[Pair, Call] = {}
        self._flying = 0
        self._troubles: dict[Pair, _Trouble] = {}
        self._graces: dict[Pair, Appointment] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be sent and nothing is on its way."""
        return not (self._line or self._calls)

    @property
    def busy(self) -> bool:
        """Whether a call is on its way."""
        return bool(self._calls)

    def line_up(self, pair: "Pair") -> None:
        """Give a pair a turn when its head may be sent and none of it is on its way."""
        if not pair.queued and pair not in self._calls and pair.outbox.sendable():
            pair.queued = True
            self._line.append(pair)

    def ready(self, pair: "Pair") -> None:
        """Give a pair a turn, and see to it that somebody looks."""
        self.line_up(pair)
        self.rouse()

    def rouse(self) -> None:
        """Call ``wake`` when there is something to send, and room for it on the way."""
        if self._line and self._has_room():
            self.wake()

    def next(self) -> Call | None:
        """Return a call to make now, or None: then ``wake`` is called when that changes."""
        while self._line and self._has_room():
            pair = self._line.popleft()
            pair.queued = False
            number = pair.outbox.cursor
            held = pair.outbox.cut_message()
            if held is not None:
                call = self._calls[pair] = Call(pair, number, *held)
                self._flying += call.size
                return call
        return None

    def answered(self, call: Call, status: Status) -> None:
        """Act on the answer of a call; one of a connection that broke says nothing."""
        if self._landed(call):
            pair = call.pair
            if status in (Status.ACTIVE, Status.INACTIVE):
                self._taken(call)
            elif status is Status.COMPLETED:
                pair.complete()
                self._graces[pair] = self._wait_for_more(pair)
            elif status is Status.FULL:
                self._pause(pair, NO_ROOM)
            elif status is Status.NOT_MEMBER:
                pair.fail(NotAMember(pair.session.id, pair.party), tell=False)
            else:
                pair.violated("a status that does not belong there")
        self.rouse()

    def failed(self, call: Call, problem: str) -> None:
        """A call had no answer, and is worth another try."""
        if self._landed(call):
            self._pause(call.pair, problem)
        self.rouse()

    def refused(self, call: Call, problem: str) -> None:
        """The peer refuses a message for good: its pair fails, the others go on."""
        if self._landed(call):
            pair = call.pair
            pair.fail(PeerRefused(pair.session.id, pair.party, problem), tell=False)
        self.rouse()

    def post(self, control: "Control", pair: "Pair | None") -> None:
        """Act as if the peer had taken it, since this wire has none of them.

        A session counts as open over there, and FIN as taken. That a part was aborted the peer is
        not told; it learns it as COMPLETED, when it sends.
        """
        if pair is not None:
            if type(control) is Open:
                pair.opened = pair.heard = True
                pair.announcing = False
                self.ready(pair)
            elif type(control) is Fin:
                pair.fin_taken = True
                pair.session.progress(pair)
        self.on_room()

    def remind(self, abort: "Abort") -> None:
        """Do nothing: the peer cannot be told."""

    def retire(self, pair: "Pair") -> None:
        """A session has ended here: give up what is on its way."""
        self._troubles.pop(pair, None)
        grace = self._graces.pop(pair, None)
        if grace is not None:
            grace.cancel()
        call = self._calls.get(pair)
        if call is not None:
            self._landed(call)
            call.end()
        self.on_room()
        self.rouse()

    def why_held(self, pair: "Pair") -> str:
        """Return why the head of a pair had to be sent again; empty where it had not."""
        trouble = self._troubles.get(pair)
        return "" if trouble is None else trouble.words

    def connection_ended(self) -> None:
        """Nobody carries for now: what is lined up waits."""
        self.wake = _nobody

    def lost(self) -> None:
        """The connection broke: what was on its way has an unknown fate and is sent again."""
        calls, self._calls = self._calls, {}
        self._flying = 0
        for pair in calls:
            pair.retries += 1
            pair.outbox.rewind()
            self.line_up(pair)
        self.rouse()

    def _has_room(self) -> bool:
        """Tell whether one more call may be on its way; a lone one always may."""
        most = self._limits
        return not self._calls or (len(self._calls) < most.calls and self._flying < most.window)

    def _landed(self, call: Call) -> bool:
        """Forget a call that is on its way no more; tell whether its answer means anything."""
        if self._calls.get(call.pair) is not call:
            return False
        del self._calls[call.pair]
        self._flying -= call.size
        return not call.pair.completed

    def _taken(self, call: Call) -> None:
        pair = call.pair
        self._troubles.pop(pair, None)
        pair.calm()
        pair.outbox.reached(call.number + 1, 0)
        answers.advanced(pair)

    def _pause(self, pair: "Pair", words: str) -> None:
        """Send the head again after a pause, unless nothing is taken for `limits.full_timeout`."""
        trouble = self._troubles.get(pair)
        if trouble is None:
            trouble = self._troubles[pair] = _Trouble(self._backoff())
        trouble.words = words
        pair.retries += 1
        pair.outbox.rewind()
        pair.outbox.parked = True
        self._agenda.after(trouble.backoff.next(), partial(self._again, pair))
        if pair.stall is None:
            pair.stall = self._agenda.after(self._limits.full_timeout, partial(self._give_up, pair))

    def _again(self, pair: "Pair") -> None:
        pair.outbox.parked = False
        self.ready(pair)

    def _give_up(self, pair: "Pair") -> None:
        words, limit = self.why_held(pair), self._limits.full_timeout
        pair.fail(PeerStalled(pair.session.id, pair.party, limit, words), tell=False)

    def _wait_for_more(self, pair: "Pair") -> "Appointment":
        look = partial(self._look_for_more, pair, pair.intake.number)
        return self._agenda.after(self._limits.completed_grace, look)

    def _look_for_more(self, pair: "Pair", number: int) -> None:
        """A peer that has completed the session has left it, once it sends nothing more."""
        if pair.intake.number == number:
            del self._graces[pair]
            pair.peer_left()
        else:
            self._graces[pair] = self._wait_for_more(pair)


def _nobody() -> None:
    """Nobody carries, or nobody waits."""
