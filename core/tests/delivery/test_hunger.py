"""Heads that were refused because the peer's budget was spent.

CREDIT goes out whenever one would fit now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    Clock,
    Party,
    segment,
    settle,
    whole,
)
from partywire.delivery.limits import Limits
from partywire.delivery.records import MESSAGE_COST, Abort, Batch, Control, Grant, Record, Segment

if TYPE_CHECKING:
    from partywire.delivery.sessions import LocalSession

BUDGET = 10_000
SIZE = BUDGET - MESSAGE_COST
HALF = BUDGET // 2 - MESSAGE_COST


class Scene:
    """Alice has sessions 1 to 3 open with Bob, who sends what the test says."""

    def __init__(self) -> None:
        self.clock = Clock()
        limits = Limits(peer_bytes=BUDGET, largest_message=SIZE)
        self.alice = Party(ALICE, self.clock, limits, (ALICE, BOB))
        bob = Party(BOB, self.clock, limits, (ALICE, BOB))
        self.lives = bob.incarnation, self.alice.incarnation
        self.sessions: dict[int, LocalSession] = {}
        for number in (1, 2, 3):
            self.sessions[number] = self.alice.open(number)
            bob.open(number)
        settle(self.alice, bob)

    def bob_sends(self, *sent: Segment, controls: tuple[Control, ...] = ()) -> None:
        self.alice.table.accept(BOB, Batch(*self.lives, list(controls), list(sent)))

    def granted(self) -> set[int]:
        """Return the sessions that CREDIT goes out for in the next turn of the loop."""
        self.alice.agenda.run()
        return {
            control.session
            for flight in self.alice.flights(BOB)
            for control in flight.batch.controls
            if isinstance(control, Grant)
        }


@pytest.fixture
def scene() -> Scene:
    return Scene()


def message(session: int, size: int, slot: int = 0) -> Segment:
    return segment(0, whole(slot, bytes(size)), session=session)


def test_a_round_that_is_passed_over_makes_room(scene: Scene) -> None:
    scene.bob_sends(message(1, SIZE), message(2, SIZE))
    assert scene.granted() == set()
    scene.sessions[1].next_round(1.0)
    assert scene.granted() == {2}


def test_one_that_was_read_makes_room_for_all_that_fit(scene: Scene) -> None:
    scene.bob_sends(message(1, SIZE), message(2, HALF), message(3, HALF))
    scene.sessions[1].pairs[BOB].take(0)
    assert scene.granted() == {2, 3}


def test_no_more_credit_goes_out_than_there_is_room(scene: Scene) -> None:
    scene.bob_sends(message(1, SIZE), message(2, HALF + 1), message(3, HALF))
    scene.sessions[1].pairs[BOB].take(0)
    assert scene.granted() == {2}


def test_a_half_message_whose_sender_aborts_makes_room(scene: Scene) -> None:
    half = segment(0, Record(0, 0, SIZE, b"first chunk"), session=1)
    scene.bob_sends(half, message(2, SIZE))
    assert scene.granted() == set()
    scene.bob_sends(controls=(Abort(1, "stopped"),))
    assert scene.granted() == {2}


def test_a_session_that_is_left_makes_room(scene: Scene) -> None:
    scene.bob_sends(message(1, SIZE), message(2, SIZE))
    scene.sessions[1].leave()
    assert scene.granted() == {2}


def test_early_messages_that_expire_make_room(scene: Scene) -> None:
    scene.bob_sends(message(9, SIZE), message(2, SIZE))
    assert scene.granted() == set()
    scene.clock.now = Limits().early_lifetime
    scene.alice.agenda.run()
    assert scene.granted() == {2}


def test_a_sender_that_has_failed_takes_no_room_from_others(scene: Scene) -> None:
    scene.bob_sends(message(1, SIZE), message(2, SIZE), message(3, SIZE))
    scene.bob_sends(controls=(Abort(2, "stopped"),))
    scene.sessions[1].pairs[BOB].take(0)
    assert scene.granted() == {3}


def test_one_that_was_granted_and_then_fails_leaves_its_turn_to_others(scene: Scene) -> None:
    scene.bob_sends(message(1, SIZE), message(2, SIZE), message(3, SIZE))
    scene.sessions[1].pairs[BOB].take(0)
    assert scene.granted() == {2}
    scene.bob_sends(controls=(Abort(2, "stopped"),))
    assert scene.granted() == {3}


def test_a_session_that_ended_hungry_is_forgotten_while_the_budget_is_spent(scene: Scene) -> None:
    scene.bob_sends(message(1, SIZE))
    scene.bob_sends(message(2, HALF))
    hunger = scene.alice.table.peers[BOB].hunger
    assert len(hunger.pairs) == 1
    scene.sessions[2].abort("OSError")
    assert not hunger.pairs


def test_a_pair_that_failed_hungry_is_forgotten_while_the_budget_is_spent(scene: Scene) -> None:
    scene.bob_sends(message(1, SIZE))
    scene.bob_sends(message(3, HALF))
    scene.bob_sends(controls=(Abort(3, "KeyError"),))
    assert not scene.alice.table.peers[BOB].hunger.pairs
