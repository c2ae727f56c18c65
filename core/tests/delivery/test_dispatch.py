"""What goes out to one peer: control records first, fair turns, a window, and nothing lost."""

from __future__ import annotations

import gc

import pytest

from core.tests.delivery.support.batches import good, party, payload_of
from core.tests.delivery.support.making import BOB, terms
from partywire.delivery.dispatch import QUANTUM
from partywire.delivery.limits import MIB, Limits
from partywire.delivery.pair import Pair
from partywire.delivery.records import (
    CHUNK,
    MAX_CONTROLS,
    MAX_RECORDS,
    MAX_SEGMENTS,
    MESSAGE_COST,
    Abort,
    Fin,
    FlowReceipt,
    Grant,
    Open,
    OpenReceipt,
    Receipt,
    Status,
)
from partywire.errors import Malformed


def test_control_records_go_first_and_one_of_each_kind() -> None:
    alice = party()
    pair = alice.open().pairs[BOB]
    dispatch = pair.peer.dispatch
    pair.put(0, b"data")
    dispatch.post(Grant(1, 0, 0, 1, 1), pair)
    dispatch.post(Grant(1, 0, 0, 2, 2), pair)
    dispatch.post(Fin(1, 1), pair)
    (flight,) = alice.flights(BOB)
    assert [type(control) for control in flight.batch.controls] == [Open, Grant, Fin]
    assert flight.batch.controls[1] == Grant(1, 0, 0, 2, 2)
    assert [len(segment.records) for segment in flight.batch.segments] == [1]


def test_an_abort_ends_credit_and_fin_and_not_open() -> None:
    alice = party()
    pair = alice.open().pairs[BOB]
    dispatch = pair.peer.dispatch
    dispatch.post(Grant(1, 0, 0, 1, 1), pair)
    dispatch.post(Fin(1, 0), pair)
    dispatch.post(Abort(1, "why"), pair)
    (flight,) = alice.flights(BOB)
    assert [type(control) for control in flight.batch.controls] == [Open, Abort]


def test_many_control_records_go_in_several_batches() -> None:
    alice = party()
    for session in range(MAX_CONTROLS + 1):
        alice.open(session)
    assert [len(flight.batch.controls) for flight in alice.flights(BOB)] == [MAX_CONTROLS, 1]


def test_sessions_take_turns_by_bytes() -> None:
    alice = party()
    large, small = alice.open(1).pairs[BOB], alice.open(2).pairs[BOB]
    large.put(0, bytes(8 * MIB))
    for number in range(100):
        small.put(number, bytes(1_000))
    (first, *_) = alice.flights(BOB)
    shares = {1: 0, 2: 0}
    for segment in first.batch.segments:
        shares[segment.session] += sum(len(record.data) for record in segment.records)
    assert shares[2] == 100 * 1_000
    assert [segment.session for segment in first.batch.segments][:4] == [1, 2, 1, 2]
    assert len(first.batch.segments[0].records[0].data) == QUANTUM


def test_a_batch_holds_a_chunk_of_payload() -> None:
    alice = party()
    pair = alice.open().pairs[BOB]
    for number in range(30):
        pair.put(number, bytes(CHUNK // 10))
    sizes = [payload_of(flight) for flight in alice.flights(BOB)]
    assert sum(sizes) == 30 * (CHUNK // 10)
    assert all(CHUNK // 2 < size <= CHUNK for size in sizes[:-1])


def test_a_batch_of_empty_messages_is_bounded_too() -> None:
    alice = party(Limits(mailbox_bytes=1 << 30, early_bytes=1 << 30, mailbox_messages=1 << 20))
    pair = alice.open().pairs[BOB]
    for number in range(20_000):
        pair.put(number, b"")
    sizes = [len(each.records) for flight in alice.flights(BOB) for each in flight.batch.segments]
    assert sum(sizes) == 20_000
    assert max(sizes) <= CHUNK // MESSAGE_COST + 1 < MAX_RECORDS


def test_a_batch_holds_data_of_so_many_sessions() -> None:
    alice = party()
    for session in range(MAX_SEGMENTS + 1):
        alice.open(session).pairs[BOB].put(0, b"")
    sizes = [len(flight.batch.segments) for flight in alice.flights(BOB)]
    assert sum(sizes) == MAX_SEGMENTS + 1
    assert max(sizes) <= MAX_SEGMENTS


def test_last_words_of_ended_sessions_are_bounded_and_hold_no_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most = 1_000
    monkeypatch.setattr("partywire.delivery.control_queue.MAX_WAITING", most)
    alice = party()
    dispatch = alice.table.peers[BOB].dispatch
    open_one = alice.open(1 << 100)
    dispatch.post(Fin(1 << 100, 0), open_one.pairs[BOB])
    for number in range(most + 100):
        alice.open(number).abort("over")
    said = [
        (control, pair)
        for flight in alice.flights(BOB)
        for control, pair in zip(flight.batch.controls, flight.control_pairs, strict=True)
    ]
    assert len(said) <= most
    of_the_open_one = [control for control, pair in said if pair is not None]
    assert [(type(each), each.session) for each in of_the_open_one] == [
        (Open, 1 << 100),
        (Fin, 1 << 100),
    ]
    assert (Abort(most + 99, "over"), None) in said


def test_ended_sessions_do_not_stand_in_line_for_a_peer_that_takes_nothing() -> None:
    alice = party()
    stays = alice.open(1 << 100).pairs[BOB]
    stays.put(0, b"stays")
    for number in range(1_000):
        local = alice.open(number)
        local.pairs[BOB].put(0, b"never goes")
        local.abort("over")
    del local
    gc.collect()
    left = [each for each in gc.get_objects() if isinstance(each, Pair) and each.party == BOB]
    assert stays in left
    assert len(left) < 200
    segments = [each for flight in alice.flights(BOB) for each in flight.batch.segments]
    assert [each.session for each in segments] == [1 << 100]


def test_control_records_alone_are_bounded_by_the_window() -> None:
    alice = party(Limits(window=100_000))
    pair = alice.open().pairs[BOB]
    flights = []
    for number in range(1_000):
        pair.peer.dispatch.post(Grant(1, number, 0, 1, 1), pair)
        flights += alice.flights(BOB)
    assert len(flights) < 100


def test_the_window_bounds_what_is_on_its_way_and_answers_open_it() -> None:
    alice = party(Limits(early_bytes=1 << 30, mailbox_bytes=1 << 30, window=2 * CHUNK))
    pair = alice.open().pairs[BOB]
    for number in range(5):
        pair.put(number, bytes(CHUNK))
    flights = alice.flights(BOB)
    assert len(flights) == 2
    woken: list[bool] = []
    pair.peer.dispatch.wake = lambda: woken.append(True)
    alice.answered(BOB, flights[0], good(flights[0]))
    assert woken == [True]
    assert len(alice.flights(BOB)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        Receipt([], [], stale=True),
        Receipt([OpenReceipt(1, Status.ACTIVE)], []),
        Receipt([], [FlowReceipt(1, Status.ACTIVE, 1, 0, 1, 1)]),
        Receipt([OpenReceipt(2, Status.ACTIVE)], [FlowReceipt(1, Status.ACTIVE, 1, 0, 1, 1)]),
        Receipt([OpenReceipt(1, Status.ACTIVE)], [FlowReceipt(2, Status.ACTIVE, 1, 0, 1, 1)]),
    ],
    ids=["stale", "no flow", "no open", "another open", "another flow"],
)
def test_a_receipt_that_does_not_fit_is_malformed(wrong: Receipt) -> None:
    alice = party()
    alice.open(1, terms()).pairs[BOB].put(0, b"x")
    (flight,) = alice.flights(BOB)
    with pytest.raises(Malformed):
        alice.answered(BOB, flight, wrong)
    alice.table.peers[BOB].dispatch.lost()
    (again,) = alice.flights(BOB)
    assert (again.batch.controls, again.batch.segments) == (
        flight.batch.controls,
        flight.batch.segments,
    )


def test_an_answer_for_another_batch_than_the_oldest_is_malformed() -> None:
    alice = party()
    pair = alice.open().pairs[BOB]
    for number in range(3):
        pair.put(number, bytes(CHUNK))
    flights = alice.flights(BOB)
    with pytest.raises(Malformed):
        alice.answered(BOB, flights[1], good(flights[1]))
