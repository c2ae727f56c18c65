"""CREDIT: at once where a call is hungry or much is free, else in a moment; never not at all."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    Clock,
    Party,
    park,
    segment,
    settle,
    terms,
    whole,
)
from partywire.delivery.limits import Limits
from partywire.delivery.pair import CREDIT_PAUSE
from partywire.delivery.records import Batch, Grant, label_slot

BOTH = (ALICE, BOB)
LABEL = label_slot(0)


class Scene:
    """Alice has a mailbox for four messages, and Bob has sent five."""

    def __init__(self) -> None:
        self.clock = Clock()
        limits = Limits(mailbox_messages=4)
        self.alice = Party(ALICE, self.clock, limits, BOTH)
        bob = Party(BOB, self.clock, limits, BOTH)
        self.local = self.alice.open(1, terms(BOTH, labels=True))
        bob.open(1, terms(BOTH, labels=True))
        settle(self.alice, bob)
        records = [whole(LABEL, b"") for _ in range(5)]
        lives = bob.incarnation, self.alice.incarnation
        self.alice.table.accept(BOB, Batch(*lives, [], [segment(0, *records)]))
        self.pair = self.local.pairs[BOB]

    def granted(self) -> list[int]:
        """Return of each CREDIT that goes out how many messages it gives."""
        self.alice.agenda.run()
        return [
            control.messages
            for flight in self.alice.flights(BOB)
            for control in flight.batch.controls
            if isinstance(control, Grant)
        ]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_little_room_is_granted_in_a_moment(scene: Scene) -> None:
    scene.pair.take(LABEL)
    assert scene.granted() == []
    scene.clock.now += CREDIT_PAUSE
    assert scene.granted() == [1]


def test_what_is_read_in_that_moment_is_granted_with_it(scene: Scene) -> None:
    scene.pair.take(LABEL)
    scene.pair.take(LABEL)
    assert scene.granted() == [2]
    scene.clock.now += CREDIT_PAUSE
    assert scene.granted() == []


def test_a_hungry_reader_gets_it_at_once(scene: Scene) -> None:
    park(scene.pair, label_slot(9))
    scene.pair.take(LABEL)
    assert scene.granted() == [1]


def test_a_session_that_is_left_in_that_moment_grants_nothing(scene: Scene) -> None:
    scene.pair.take(LABEL)
    scene.local.abort("over")
    scene.clock.now += CREDIT_PAUSE
    assert scene.granted() == []
