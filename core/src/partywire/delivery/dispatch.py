"""What goes out to one peer: whose turn it is, what is on its way, and what an answer means."""

from collections import deque
from typing import TYPE_CHECKING

import attrs

from partywire.delivery import answers
from partywire.delivery.control_queue import ControlQueue
from partywire.delivery.records import (
    CHUNK,
    MAX_CONTROLS,
    MAX_SEGMENTS,
    MESSAGE_COST,
    Abort,
    Batch,
    Control,
    Open,
    Receipt,
    Segment,
)
from partywire.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from partywire.delivery.pair import Pair

QUANTUM = 64 << 10
"""Bytes of one session's turn when others wait, with `MESSAGE_COST` for each message."""
BATCH_COST = 1 << 10
"""Bytes that a batch on its way counts beside its payload, and `MESSAGE_COST` a control record."""
_RETIRED = 64  # sessions that end between two looks at who is still in the line


@attrs.define(eq=False)
class Flight:
    """A batch on its way; each segment with its pair and the epoch of its outbox."""

    batch: Batch
    pairs: list[tuple["Pair", int]]
    control_pairs: list["Pair | None"]
    size: int
    lost: bool = False


class Dispatch:
    """The outgoing side of one peer: control records first, then data in turns by bytes.

    ``sender`` and ``receiver`` are the incarnations that batches name; the courier sets them at
    each hello. Without a connection ``receiver`` is empty.
    """

    def __init__(self, window: int) -> None:
        """Start with nothing to send; ``window`` payload bytes, or one batch, may be on the way."""
        self.sender: bytes = b""
        self.receiver: bytes = b""
        self.wake: Callable[[], None] = _nobody
        """Called when there is something to send and nobody was about to look."""
        self.hand_over: Callable[[Pair], None] = self.ready
        """Called by a sending task after `Pair.hold`: like `ready`, or better."""
        self.awake: bool = False
        self.armed: bool = True
        """Whether the next hand-over may be direct: not in the midst of a burst."""
        self._window = window
        self._ready: deque[Pair] = deque()
        self._controls = ControlQueue()
        self._flights: deque[Flight] = deque()
        self._flying = 0
        self._most = CHUNK
        self._turns = 0
        self._barren = True
        self._retired = 0

    @property
    def oldest(self) -> Flight | None:
        """The batch that waits longest for its answer."""
        return self._flights[0] if self._flights else None

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be sent and nothing is on its way."""
        return not (self._flights or self._ready or self._controls)

    def connection_ended(self) -> None:
        """Nobody carries for now: what is lined up waits."""
        self.wake, self.hand_over = _nobody, self.ready

    def line_up(self, pair: "Pair") -> None:
        """Give a pair a turn when it has something that may be sent."""
        if not pair.queued and pair.outbox.sendable():
            pair.queued = True
            self._ready.append(pair)

    def ready(self, pair: "Pair") -> None:
        """Give a pair a turn, and see to it that somebody looks."""
        self.line_up(pair)
        self.rouse()

    def rouse(self) -> None:
        """Call ``wake`` when there is something to send and nobody is about to look."""
        if not self.awake and (self._ready or self._controls):
            self.awake = True
            self.wake()

    def post(self, control: Control, pair: "Pair | None") -> None:
        """Send a control record, of a pair or of none; see `ControlQueue.put`."""
        self._controls.put(control, pair)
        self.rouse()

    def retire(self, pair: "Pair") -> None:
        """A session has ended here: nothing of it is sent but its last words."""
        self._controls.retire(pair.session.id)
        self._retired += 1
        if self._retired > _RETIRED and self._retired > len(self._ready) // 2:
            self._leave_line()

    def remind(self, abort: Abort) -> None:
        """Send an ABORT that the peer may have missed, unless one waits to be sent."""
        if not self._controls.holds(abort.session, Abort):
            self.post(abort, None)

    def why_held(self, pair: "Pair") -> str:
        """Return why the peer does not take what a pair has, in words; empty where it may."""
        return "its mailbox is full" if pair.outbox.parked else ""

    def begin_anew(self) -> None:
        """Another life of the peer is there: what was said to the old one does not concern it."""
        self.lost()
        self._controls.clear()

    def next(self) -> Flight | None:
        """Return what to send next, or None: then ``wake`` is called when that changes."""
        line, controls = self._ready, self._controls
        if (line or controls) and self._flying < self._window:
            flight = Flight(Batch(self.sender, self.receiver, [], []), [], [], 0)
            if controls:
                self._add_controls(flight)
            if line:
                self._add_segments(flight)
            if flight.pairs or flight.control_pairs:
                flight.size += BATCH_COST + MESSAGE_COST * len(flight.control_pairs)
                self._flights.append(flight)
                self._flying += flight.size
                return flight
        self.awake = False
        return None

    def lone(self, pair: "Pair") -> Flight | None:
        """Return the only message of a pair, to be sent at once.

        None where it is not the only thing that is there for the peer, or in the midst of a burst:
        then `next` makes one batch of all.
        """
        if self._flights or self._ready or self._controls or self.awake or not self.armed:
            return None
        outbox = pair.outbox
        segment = outbox.cut_lone(pair.session.id)
        if segment is None:
            return None
        self.armed = False
        batch = Batch(self.sender, self.receiver, [], [segment])
        size = BATCH_COST + segment.records[0].total + MESSAGE_COST
        flight = Flight(batch, [(pair, outbox.epoch)], [], size)
        self._flights.append(flight)
        self._flying += size
        return flight

    def answered(self, flight: Flight, receipt: Receipt) -> None:
        """Act on the answer for the oldest flight; one of a connection that broke says nothing.

        Raises:
            Malformed: the receipt is not one for this batch; the connection is not worth keeping.
        """
        if flight.lost:
            return
        if not self._flights or self._flights[0] is not flight:
            raise Malformed("receipt", "not for the oldest batch")
        _check(flight, receipt)
        self._flights.popleft()
        self._flying -= flight.size
        self._turns += 1
        self._barren = False
        if self._most < CHUNK:
            self._most *= 2
        if flight.control_pairs:
            _controls_answered(flight, receipt)
        segments = flight.batch.segments
        for (pair, epoch), segment, flow in zip(flight.pairs, segments, receipt.flows, strict=True):
            pair.outbox.turn = self._turns
            answers.flow_answered(pair, segment, flow, epoch)
        if not self.awake:
            self.rouse()

    def lost(self) -> None:
        """The connection broke: what was on its way has an unknown fate and is sent again."""
        self.receiver = b""
        flights, self._flights = self._flights, deque()
        self._flying = 0
        self._put_back_controls(flights)
        if flights and self._barren:
            self._turns += 1
            for pair, _ in flights[0].pairs:
                pair.outbox.turn = self._turns
        self._barren = True
        pairs = dict.fromkeys(self._ready)
        for flight in flights:
            for pair, epoch in flight.pairs:
                pairs[pair] = None
                if pair.outbox.epoch == epoch:
                    pair.retries += 1
                    pair.outbox.rewind()
        self._line_up_anew(pairs)

    def _put_back_controls(self, flights: "Sequence[Flight]") -> None:
        for flight in reversed(flights):
            flight.lost = True
            for control, pair in zip(flight.batch.controls, flight.control_pairs, strict=True):
                self._controls.put_back(control, pair)
                if pair is not None and pair.session.over:
                    self.retire(pair)

    def _line_up_anew(self, pairs: "Iterable[Pair]") -> None:
        """Begin small, with those first whose last turn is longest ago.

        Connections may break so often that none carries a whole batch, or something of everybody. A
        turn is what was answered, or what went first on a connection that answered nothing.
        """
        self._most = QUANTUM
        self._ready.clear()
        for pair in sorted(pairs, key=_last_turn):
            pair.queued = False
            self.line_up(pair)
        self.rouse()

    def _leave_line(self) -> None:
        """Let sessions that have ended leave the line: the peer may never give them a turn."""
        self._retired = 0
        for _ in range(len(self._ready)):
            pair = self._ready.popleft()
            pair.queued = not pair.session.over
            if pair.queued:
                self._ready.append(pair)

    def _add_controls(self, flight: Flight) -> None:
        while self._controls and len(flight.control_pairs) < MAX_CONTROLS:
            control, pair = self._controls.take()
            flight.batch.controls.append(control)
            flight.control_pairs.append(pair)

    def _add_segments(self, flight: Flight) -> None:
        """Let pairs take turns until the batch is full; who has more goes to the end."""
        line = self._ready
        while line and flight.size < self._most and len(flight.pairs) < MAX_SEGMENTS:
            pair = line.popleft()
            outbox = pair.outbox
            left = CHUNK - flight.size
            segment = Segment(pair.session.id, 0, 0, [])
            budget = min(self._most - flight.size, QUANTUM if line else CHUNK)
            flight.size += outbox.cut(segment, budget, left + MESSAGE_COST)
            if segment.records:
                flight.batch.segments.append(segment)
                flight.pairs.append((pair, outbox.epoch))
            elif outbox.sendable():
                line.appendleft(pair)
                return
            if outbox.sendable():
                line.append(pair)
            else:
                pair.queued = False


def _check(flight: Flight, receipt: Receipt) -> None:
    """Look whether a receipt is one for that batch, before anything of it is believed."""
    segments = flight.batch.segments
    if receipt.stale or len(receipt.flows) != len(segments):
        raise Malformed("receipt", "of another incarnation, or for another batch")
    for segment, flow in zip(segments, receipt.flows, strict=True):
        if flow.session != segment.session:
            raise Malformed("receipt", "for another flow")
    if flight.control_pairs or receipt.opens:
        opens = [control.session for control in flight.batch.controls if type(control) is Open]
        if opens != [answer.session for answer in receipt.opens]:
            raise Malformed("receipt", "for another OPEN")


def _controls_answered(flight: Flight, receipt: Receipt) -> None:
    opened = iter(receipt.opens)
    for control, pair in zip(flight.batch.controls, flight.control_pairs, strict=True):
        answer = next(opened) if type(control) is Open else None
        if pair is not None:
            answers.control_answered(pair, control, answer)


def _last_turn(pair: "Pair") -> int:
    return pair.outbox.turn


def _nobody() -> None:
    """No courier runs yet."""
