"""What was on its way when a connection broke is sent again, in order, and nothing twice."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.batches import ONE_AT_A_TIME, good, party, payload_of, taken
from core.tests.delivery.support.making import BOB
from partywire.delivery.dispatch import QUANTUM
from partywire.delivery.limits import MIB
from partywire.delivery.records import CHUNK, Grant


def test_what_was_on_its_way_when_the_connection_broke_is_sent_again() -> None:
    alice = party()
    pair = alice.open().pairs[BOB]
    for number in range(3):
        pair.put(number, b"%d" % number)
    (flight,) = alice.flights(BOB)
    pair.peer.dispatch.lost()
    (again,) = alice.flights(BOB)
    assert again.batch.segments == flight.batch.segments
    assert again.batch.controls == flight.batch.controls
    assert pair.retries == 1


def test_after_a_loss_batches_begin_small_and_grow_with_answers() -> None:
    alice = party(ONE_AT_A_TIME)
    alice.open().pairs[BOB].put(0, bytes(8 * MIB))
    alice.flights(BOB)
    alice.table.peers[BOB].dispatch.lost()
    sizes = []
    for _ in range(6):
        (flight,) = alice.flights(BOB)
        sizes.append(payload_of(flight))
        alice.answered(BOB, flight, taken(flight))
    assert sizes[:2] == [QUANTUM, 2 * QUANTUM]
    assert sizes[-1] == CHUNK


@pytest.mark.parametrize("answered", [0, 1, 2])
def test_connections_that_carry_little_carry_something_of_everybody(answered: int) -> None:
    alice = party(ONE_AT_A_TIME)
    sessions = range(1, 8)
    for session in sessions:
        alice.open(session).pairs[BOB].put(0, bytes(8 * MIB))
    alice.flights(BOB)
    alice.table.peers[BOB].dispatch.lost()
    first = set()
    for _ in sessions:
        for _ in range(answered):
            (flight,) = alice.flights(BOB)
            alice.answered(BOB, flight, taken(flight))
            first |= {segment.session for segment in flight.batch.segments}
        (flight,) = alice.flights(BOB)
        if not answered:
            first |= {segment.session for segment in flight.batch.segments}
        alice.table.peers[BOB].dispatch.lost()
    assert first == set(sessions)


def test_an_answer_of_a_connection_that_broke_says_nothing() -> None:
    alice = party()
    pair = alice.open().pairs[BOB]
    pair.put(0, b"x")
    (flight,) = alice.flights(BOB)
    pair.peer.dispatch.lost()
    alice.answered(BOB, flight, good(flight))
    assert (len(pair.outbox), pair.heard) == (1, False)


def test_a_newer_control_record_is_not_replaced_by_one_that_was_lost() -> None:
    alice = party()
    pair = alice.open().pairs[BOB]
    dispatch = pair.peer.dispatch
    dispatch.post(Grant(1, 0, 0, 1, 1), pair)
    alice.flights(BOB)
    dispatch.post(Grant(1, 5, 0, 1, 1), pair)
    dispatch.lost()
    (again,) = alice.flights(BOB)
    assert [control for control in again.batch.controls if isinstance(control, Grant)] == [
        Grant(1, 5, 0, 1, 1)
    ]


def test_of_two_control_records_that_were_lost_the_newer_is_sent_again() -> None:
    alice = party()
    pair = alice.open().pairs[BOB]
    dispatch = pair.peer.dispatch
    for number in (1, 5):
        dispatch.post(Grant(1, number, 0, 1, 1), pair)
        alice.flights(BOB)
    dispatch.lost()
    (again,) = alice.flights(BOB)
    assert [control for control in again.batch.controls if isinstance(control, Grant)] == [
        Grant(1, 5, 0, 1, 1)
    ]
