"""Large messages that stop midway: the pair fails, and what they had reserved is given back."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    Clock,
    Party,
    segment,
    settle,
    whole,
)
from partywire.delivery.limits import Limits
from partywire.delivery.records import Abort, Batch, Record
from partywire.errors import PeerStalled

TOTAL = 1_000
LIMIT = 60.0


class Scene:
    """Alice receives a large message of Bob, chunk by chunk."""

    def __init__(self) -> None:
        self.clock = Clock()
        limits = Limits(reassembly_timeout=LIMIT)
        self.alice = Party(ALICE, self.clock, limits)
        self.bob = Party(BOB, self.clock, limits)
        self.local = self.alice.open()
        self.pair = self.local.pairs[BOB]
        self.bob.open()
        settle(self.alice, self.bob)

    def chunk(self, offset: int, size: int = 10) -> None:
        record = Record(0, offset, TOTAL, bytes(size))
        lives = self.bob.incarnation, self.alice.incarnation
        self.alice.table.accept(BOB, Batch(*lives, [], [segment(0, record)]))

    def failed(self) -> type:
        return type(self.pair.failure)

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        self.alice.agenda.run()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_large_message_that_stops_midway_fails_its_pair_and_no_other(scene: Scene) -> None:
    scene.chunk(0)
    scene.pass_time(LIMIT - 1.0)
    assert scene.failed() is type(None)
    scene.pass_time(1.0)
    assert scene.failed() is PeerStalled
    assert scene.local.pairs[CAROL].failure is None
    assert scene.alice.table.peers[BOB].budget.held == 0
    (flight,) = scene.alice.flights(BOB)
    assert flight.batch.controls == [
        Abort(1, "PeerStalled: no progress for 60 s, in the midst of a large message")
    ]


def test_slow_progress_is_progress(scene: Scene) -> None:
    for offset in range(0, TOTAL, 10):
        scene.chunk(offset)
        scene.pass_time(LIMIT - 1.0)
        assert scene.failed() is type(None)
    assert scene.pair.take(0) == bytes(TOTAL)


def test_one_chunk_repeated_is_no_progress(scene: Scene) -> None:
    for _ in range(3):
        scene.chunk(0)
        scene.pass_time(LIMIT / 2)
    assert scene.failed() is PeerStalled


def test_the_clock_of_a_large_message_stands_still_while_its_sender_is_away(scene: Scene) -> None:
    scene.chunk(0)
    peer = scene.alice.table.peers[BOB]
    peer.callers = 0
    scene.pass_time(10 * LIMIT)
    peer.callers = 1
    scene.pass_time(LIMIT - 1.0)
    assert scene.failed() is type(None)
    scene.pass_time(LIMIT)
    assert scene.failed() is PeerStalled


def test_a_message_that_is_whole_is_watched_no_longer(scene: Scene) -> None:
    scene.chunk(0)
    scene.chunk(10, TOTAL - 10)
    scene.pass_time(10 * LIMIT)
    lives = scene.bob.incarnation, scene.alice.incarnation
    scene.alice.table.accept(BOB, Batch(*lives, [], [segment(1, whole(1, b"next"))]))
    scene.pass_time(10 * LIMIT)
    assert scene.failed() is type(None)
