"""Lives of a peer: a new one displaces the old one, and one that comes back is a second node."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    Clock,
    Party,
    incarnation,
    settle,
)
from partywire.delivery.records import Abort
from partywire.errors import DuplicateParty, PeerDuplicated, PeerRestarted, Rejected

FIRST, SECOND, THIRD = (incarnation(BOB, life) for life in (0, 1, 2))


class Scene:
    """Alice with one session that is open with Bob too, and one that only she has opened."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.alice, self.bob = Party(ALICE, self.clock), Party(BOB, self.clock)
        self.bound, self.unbound = self.alice.open(1), self.alice.open(2)
        self.bob.open(1)
        settle(self.alice, self.bob)

    def greet(self, life: bytes, *, after: float = 10.0, asked_before: float = 0.0) -> None:
        self.clock.now += after
        self.alice.table.greeted(BOB, life, asked=self.clock.now - asked_before)

    def failures(self) -> list[type]:
        return [type(local.pairs[BOB].failure) for local in (self.bound, self.unbound)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_new_life_fails_what_was_bound_and_nothing_else(scene: Scene) -> None:
    scene.greet(SECOND)
    assert scene.failures() == [PeerRestarted, type(None)]
    assert scene.bound.pairs[CAROL].failure is None


def test_a_life_that_comes_back_is_a_second_node_and_both_are_told(scene: Scene) -> None:
    scene.greet(SECOND)
    with pytest.raises(DuplicateParty, match=r"two nodes run under this id.*stop one"):
        scene.greet(FIRST)
    assert scene.failures() == [PeerRestarted, PeerDuplicated]
    told = [
        control
        for flight in scene.alice.flights(BOB)
        for control in flight.batch.controls
        if isinstance(control, Abort)
    ]
    assert told == [Abort(2, "PeerDuplicated")]
    assert scene.alice.table.peers[BOB].incarnation == SECOND


def test_two_that_alternate_get_no_session_through(scene: Scene) -> None:
    scene.greet(SECOND)
    for number in (3, 4):
        local = scene.alice.open(number)
        with pytest.raises(DuplicateParty):
            scene.greet(FIRST)
        assert isinstance(local.pairs[BOB].failure, PeerDuplicated)
        scene.greet(SECOND)


def test_a_hello_that_was_overtaken_by_a_restart_is_no_second_node(scene: Scene) -> None:
    scene.greet(SECOND)
    with pytest.raises(Rejected, match="has ended meanwhile"):
        scene.greet(FIRST, after=1.0, asked_before=1.0)
    assert scene.failures() == [PeerRestarted, type(None)]


def test_a_peer_that_starts_anew_again_and_again_is_slowed_down(scene: Scene) -> None:
    scene.greet(SECOND)
    with pytest.raises(Rejected, match="started anew twice within 1 s"):
        scene.greet(THIRD, after=0.5)
    scene.greet(THIRD, after=0.5)
    assert scene.alice.table.peers[BOB].incarnation == THIRD


def test_eight_lives_are_remembered(scene: Scene) -> None:
    lives = [incarnation(BOB, life) for life in range(10)]
    for life in lives[1:]:
        scene.greet(life)
    with pytest.raises(DuplicateParty):
        scene.greet(lives[1])
    assert len(scene.alice.table.peers[BOB].displaced) == 8
    scene.greet(lives[0])
