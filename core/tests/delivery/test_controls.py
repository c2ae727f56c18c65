"""What OPEN, CREDIT, FIN and ABORT do, whenever they come and however often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    Clock,
    Party,
    segment,
    settle,
    terms,
    whole,
)
from partywire.delivery.records import Abort, Batch, Fin, Grant, Open
from partywire.errors import PeerAborted, PeerLeft, ProtocolViolation, TermsDiffer

if TYPE_CHECKING:
    from partywire.delivery.records import Control, Segment

BOTH = (ALICE, BOB)
ROOM = (4_096, 1 << 26)


class Scene:
    """Session 1 of Alice and Bob is open at both; Bob sends what the test says."""

    def __init__(self) -> None:
        clock = Clock()
        self.alice = Party(ALICE, clock, None, BOTH)
        self.bob = Party(BOB, clock, None, BOTH)
        self.local = self.alice.open()
        self.pair = self.local.pairs[BOB]
        self.at_bob = self.bob.open()
        settle(self.alice, self.bob)

    def bob_sends(self, *controls: Control, data: Segment | None = None) -> None:
        lives = self.bob.incarnation, self.alice.incarnation
        segments = [data] if data is not None else []
        self.alice.table.accept(BOB, Batch(*lives, list(controls), segments))

    def controls_to_bob(self) -> list[Control]:
        return [control for flight in self.alice.flights(BOB) for control in flight.batch.controls]


@given(st.integers(0, 5), st.sets(st.integers(0, 5)), st.integers(0, 3))
def test_fin_acts_when_its_number_is_reached_wherever_it_comes(
    count: int, places: set[int], repeated: int
) -> None:
    scene = Scene()
    seen = False
    for number in range(6):
        if number in places:
            seen = True
            for _ in range(1 + repeated):
                scene.bob_sends(Fin(1, count))
        if number < count:
            scene.bob_sends(data=segment(number, whole(number, b"%d" % number)))
        taken = min(number + 1, count)
        assert scene.pair.left is (seen and taken == count)
    assert scene.pair.failure is None
    assert [scene.pair.take(slot) for slot in range(count)] == [b"%d" % n for n in range(count)]


@pytest.mark.parametrize("later", [0, 1, 3])
def test_a_fin_that_moves_the_end_breaks_the_protocol(later: int) -> None:
    scene = Scene()
    scene.bob_sends(Fin(1, 2), data=segment(0, whole(0, b"0")))
    scene.bob_sends(Fin(1, later))
    assert isinstance(scene.pair.failure, ProtocolViolation)
    assert scene.pair.take(0) == b"0"
    assert scene.controls_to_bob() == [Abort(1, "ProtocolViolation: the end of the flow was moved")]


def test_a_fin_behind_what_was_taken_breaks_the_protocol() -> None:
    scene = Scene()
    scene.bob_sends(data=segment(0, whole(0, b"0"), whole(1, b"1")))
    scene.bob_sends(Fin(1, 1))
    assert isinstance(scene.pair.failure, ProtocolViolation)


def test_fin_before_all_was_taken_is_enough_for_one_that_has_left() -> None:
    scene = Scene()
    scene.pair.put(0, b"not sent yet")
    scene.local.leave()
    scene.bob_sends(Fin(1, 7))
    assert (scene.pair.left, scene.pair.failure) == (True, None)


def test_an_open_that_is_repeated_sends_nothing_twice() -> None:
    scene = Scene()
    scene.pair.put(0, b"0")
    (flight,) = scene.alice.flights(BOB)
    for _ in range(3):
        scene.bob_sends(Open(1, terms(), 0, 0, *ROOM))
    assert scene.alice.flights(BOB) == []
    receipt = scene.bob.table.accept(ALICE, flight.batch)
    scene.alice.answered(BOB, flight, receipt)
    assert (len(scene.pair.outbox), scene.pair.failure) == (0, None)
    assert scene.at_bob.pairs[ALICE].take(0) == b"0"


def test_an_old_open_that_comes_late_takes_no_position_back() -> None:
    scene = Scene()
    for number in range(2):
        scene.pair.put(number, b"%d" % number)
    settle(scene.alice, scene.bob)
    credit = scene.pair.outbox.credit_bytes
    scene.bob_sends(Open(1, terms(), 0, 0, 1, 1))
    assert (scene.pair.outbox.first, scene.pair.outbox.credit_bytes) == (2, credit)
    assert scene.alice.flights(BOB) == []


def test_an_open_that_bob_could_not_take_is_sent_again_when_he_opens() -> None:
    clock = Clock()
    alice, bob = Party(ALICE, clock, None, BOTH), Party(BOB, clock, None, BOTH)
    pair = alice.open().pairs[BOB]
    settle(alice, bob)
    assert (pair.heard, pair.opened, pair.announcing) == (False, False, False)
    bob.open()
    settle(alice, bob)
    assert (pair.heard, pair.opened, pair.announcing) == (True, True, False)


@pytest.mark.parametrize("kind", [Open, Grant], ids=["OPEN", "CREDIT"])
def test_credit_for_what_was_never_sent_breaks_the_protocol(kind: type) -> None:
    scene = Scene()
    position = 1, 0, *ROOM
    scene.bob_sends(Open(1, terms(), *position) if kind is Open else Grant(1, *position))
    assert isinstance(scene.pair.failure, ProtocolViolation)


def test_how_a_pair_ended_first_is_how_it_ended() -> None:
    aborted, left = Scene(), Scene()
    aborted.bob_sends(Abort(1, "first"), Abort(1, "second"), Fin(1, 0))
    assert isinstance(aborted.pair.failure, PeerAborted)
    assert (aborted.pair.failure.says, aborted.pair.left) == ("first", False)
    left.bob_sends(Fin(1, 0), Abort(1, "late"))
    assert (left.pair.left, left.pair.failure) == (True, None)


def test_an_abort_of_one_is_not_passed_on_to_another() -> None:
    alice = Party(ALICE, Clock())
    local = alice.open()
    alice.flights(CAROL)
    life = alice.table.peers[BOB].incarnation
    alice.table.accept(BOB, Batch(life, alice.incarnation, [Abort(1, "why")], []))
    assert local.pairs[CAROL].failure is None
    assert alice.flights(CAROL) == []


@pytest.mark.parametrize("reason", ["KeyError", ""])
def test_an_abort_before_the_session_was_opened_fails_the_pair_then(reason: str) -> None:
    clock = Clock()
    alice, bob = Party(ALICE, clock, None, BOTH), Party(BOB, clock, None, BOTH)
    bob.open().abort(reason)
    settle(alice, bob)
    failure = alice.open().pairs[BOB].failure
    assert isinstance(failure, PeerAborted)
    assert failure.says == reason


def test_messages_and_fin_before_the_session_was_opened_are_there_then() -> None:
    clock = Clock()
    alice, bob = Party(ALICE, clock, None, BOTH), Party(BOB, clock, None, BOTH)
    local = bob.open()
    local.pairs[ALICE].put(0, b"early")
    local.leave()
    settle(alice, bob)
    pair = alice.open().pairs[BOB]
    assert isinstance(pair.unread_error(), PeerLeft)
    assert pair.take(0) == b"early"


def test_open_carries_what_the_cache_had_reached_and_sending_goes_on_from_there() -> None:
    clock = Clock()
    alice, bob = Party(ALICE, clock, None, BOTH), Party(BOB, clock, None, BOTH)
    pair = bob.open().pairs[ALICE]
    for number in range(3):
        pair.put(number, b"early")
    settle(alice, bob)
    at_alice = alice.open().pairs[BOB]
    settle(alice, bob)
    assert (len(pair.outbox), at_alice.intake.number, at_alice.intake.duplicates) == (0, 3, 0)


def test_one_that_believes_to_be_a_member_learns_from_open_that_it_is_not() -> None:
    clock = Clock()
    carol = Party(CAROL, clock, None, (ALICE, CAROL))
    alice = Party(ALICE, clock)
    at_carol = carol.open(1, terms((ALICE, BOB, CAROL)))
    settle(alice, carol)
    alice.open(1, terms((ALICE, BOB)), [BOB])
    for flight in alice.flights(CAROL):
        carol.table.accept(ALICE, flight.batch)
    failure = at_carol.pairs[ALICE].failure
    assert isinstance(failure, TermsDiffer)
    assert [text.split()[0] for text in failure.differences] == ["parties"]
