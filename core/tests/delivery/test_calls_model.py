"""Two parties on a wire of single calls that loses, repeats and breaks: once, in order, or said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from core.tests.delivery.support.calling import PAUSE, Caller, payload, tag_of
from core.tests.delivery.support.making import ALICE, BOB, Clock
from partywire.delivery.limits import Limits
from partywire.delivery.records import Status

if TYPE_CHECKING:
    from partywire.delivery.calls import Call

SESSIONS = (1, 2, 3)
LIMITS = Limits(look_ahead=2, mailbox_messages=3, calls=2, early_sessions=2, full_timeout=1e6)
OUTCOMES = ("answered", "answer lost", "request lost", "twice", "connection lost")
STEPS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(SESSIONS)),
    st.tuples(st.just("call"), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("read"), st.sampled_from(SESSIONS)),
    st.tuples(st.just("open"), st.sampled_from(SESSIONS)),
    st.tuples(st.just("wait"), st.just(0)),
)


class Wire:
    """Alice, who sends, and Bob, who reads; what Bob has read in each session."""

    def __init__(self) -> None:
        self.alice = Caller(Clock(), LIMITS)
        self.bob = Caller(Clock(), LIMITS, BOB)
        self.sent = dict.fromkeys(SESSIONS, 0)
        self.read: dict[int, list[bytes]] = {session: [] for session in SESSIONS}
        self.sending = {session: self.alice.open(session) for session in SESSIONS}
        self.calls = self.alice.calls[BOB]

    def step(self, what: str, which: object) -> None:
        if what == "send" and isinstance(which, int):
            pair = self.sending[which].pairs[BOB]
            if pair.outbox.has_room(1):
                pair.put(self.sent[which], payload(self.sent[which]))
                self.sent[which] += 1
        elif what == "call" and (call := self.calls.next()) is not None:
            self.carry(call, str(which))
        elif what == "read" and isinstance(which, int):
            self.receive(which)
        elif what == "open" and isinstance(which, int):
            self.open(which)
        elif what == "wait":
            self.alice.later(PAUSE)
            self.bob.later(PAUSE)

    def carry(self, call: Call, outcome: str) -> None:
        """Make a call; on the way back, or before, it may go as the test says."""
        if outcome == "request lost":
            self.calls.failed(call, "UNAVAILABLE")
            return
        status = self.arrive(call)
        if outcome == "twice":
            assert self.arrive(call) in (status, Status.ACTIVE)
        if outcome == "connection lost":
            self.calls.lost()
        elif outcome == "answer lost":
            self.calls.failed(call, "DEADLINE_EXCEEDED")
        else:
            self.calls.answered(call, Status.FULL if status is Status.QUOTA else status)

    def arrive(self, call: Call) -> Status:
        return self.bob.table.take(ALICE, tag_of(call), call.payload)

    def open(self, session: int) -> None:
        if session not in {local.id for local in self.bob.table.sessions()}:
            self.bob.open(session)

    def receive(self, session: int) -> bool:
        """Read the round that Bob is at, and go on to the next."""
        for local in self.bob.table.sessions():
            pair = local.pairs[ALICE]
            if local.id == session and local.round in pair.intake.mailbox:
                self.read[session].append(pair.take(local.round))
                local.next_round(120.0)
                return True
        return False

    def finish(self) -> None:
        """Let everything arrive that was sent, on a wire that does nothing wrong any more."""
        for session in SESSIONS:
            self.open(session)
        for _ in range(200):
            self.step("wait", 0)
            while (call := self.calls.next()) is not None:
                self.carry(call, "answered")
            for session in SESSIONS:
                while self.receive(session):
                    pass


@given(st.lists(STEPS, max_size=60))
def test_what_was_sent_is_read_once_and_in_order(steps: list[tuple[str, object]]) -> None:
    wire = Wire()
    for what, which in steps:
        wire.step(what, which)
    for session, read in wire.read.items():
        assert read == [payload(number) for number in range(len(read))], session
    wire.finish()
    for session, read in wire.read.items():
        assert read == [payload(number) for number in range(wire.sent[session])], session
    assert all(local.pairs[BOB].failure is None for local in wire.sending.values())
