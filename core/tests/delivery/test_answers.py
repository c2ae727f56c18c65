"""What each answer means for the sender, also where two of them overtake each other."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import BOB, CAROL
from core.tests.delivery.support.sender import Sender
from partywire.delivery import controls
from partywire.delivery.records import (
    Abort,
    Batch,
    OpenReceipt,
    Receipt,
    Status,
)
from partywire.errors import NotAMember, PeerAborted, PeerStalled, ProtocolViolation, TermsDiffer


def test_active_delivers() -> None:
    sender = Sender()
    sender.answer(Status.ACTIVE, 3)
    assert (len(sender.pair.outbox), sender.sent()) == (0, [])


def test_full_waits_for_credit_and_goes_on_from_there() -> None:
    sender = Sender()
    sender.answer(Status.FULL, 1)
    sender.pair.put(3, b"3")
    assert sender.sent() == []
    sender.credits(1)
    assert sender.sent() == [1, 2, 3]


def test_credit_that_overtakes_its_full_is_not_lost() -> None:
    sender = Sender()
    sender.credits(1)
    sender.answer(Status.FULL, 1)
    (again,) = sender.alice.flights(BOB)
    assert again.batch.segments[0].number == 1
    sender.answer(Status.FULL, 1, again)
    assert sender.sent() == []
    sender.credits(1)
    assert sender.sent() == [1, 2]


def test_full_without_end_is_a_stalled_peer() -> None:
    sender = Sender()
    sender.answer(Status.FULL, 1)
    failures = []
    for sender.clock.now in (299.0, 300.0):
        sender.alice.agenda.run()
        failures.append(type(sender.pair.failure))
    assert failures == [type(None), PeerStalled]
    assert sender.local.pairs[CAROL].failure is None


@pytest.mark.parametrize("credit_first", [False, True])
def test_full_and_credit_in_turns_without_progress_are_a_stalled_peer(credit_first: bool) -> None:
    sender = Sender()
    sender.answer(Status.FULL, 1)
    for _ in range(100):
        sender.clock.now += 10.0
        sender.alice.agenda.run()
        if sender.pair.failure is not None:
            break
        sender.credits(1)
        (flight,) = sender.alice.flights(BOB)
        if credit_first:
            sender.credits(1)
        sender.answer(Status.FULL, 1, flight)
    assert isinstance(sender.pair.failure, PeerStalled)
    assert sender.clock.now <= 2 * 300.0


def test_credit_at_the_last_moment_may_be_used() -> None:
    sender = Sender()
    sender.answer(Status.FULL, 1)
    sender.clock.now = 299.0
    sender.credits(1)
    (flight,) = sender.alice.flights(BOB)
    sender.clock.now = 301.0
    sender.alice.agenda.run()
    sender.answer(Status.ACTIVE, 3, flight)
    sender.clock.now = 1_000.0
    sender.alice.agenda.run()
    assert sender.pair.failure is None


def test_progress_after_full_is_no_stall() -> None:
    sender = Sender()
    sender.answer(Status.FULL, 1)
    sender.credits(1)
    (flight,) = sender.alice.flights(BOB)
    sender.answer(Status.ACTIVE, 3, flight)
    for sender.clock.now in (301.0, 602.0, 10_000.0):
        sender.alice.agenda.run()
    assert sender.pair.failure is None


def test_a_gap_is_sent_again_at_once_and_once() -> None:
    """The session was opened over there after its cache had forgotten the first messages."""
    sender = Sender(opened=False)
    flights = []
    for number in (3, 4):
        sender.pair.put(number, b"%d" % number)
        flights += sender.alice.flights(BOB)
    sender.answer(Status.INACTIVE)
    sender.answer(Status.GAP, 0, flights[0])
    assert sender.sent() == [0, 1, 2, 3, 4]
    sender.answer(Status.GAP, 0, flights[1])
    assert sender.sent() == []


def test_inactive_is_no_refusal_and_no_custody() -> None:
    sender = Sender(opened=False)
    sender.answer(Status.INACTIVE)
    assert (len(sender.pair.outbox), sender.sent()) == (3, [])
    sender.pair.put(3, b"3")
    assert sender.sent() == [3]
    sender.opens(2)
    assert sender.sent() == [2, 3]


def test_quota_waits_for_open() -> None:
    sender = Sender(opened=False)
    sender.answer(Status.QUOTA)
    assert sender.sent() == []
    sender.opens()
    assert sender.sent() == [0, 1, 2]


def test_open_that_overtakes_its_quota_is_not_lost() -> None:
    sender = Sender(opened=False)
    sender.opens()
    assert sender.sent() == [0, 1, 2]
    sender.answer(Status.QUOTA)
    assert sender.pair.outbox.parked is False


def test_open_that_overtakes_its_inactive_changes_nothing() -> None:
    sender = Sender(opened=False)
    sender.opens(3)
    sender.answer(Status.INACTIVE)
    assert (sender.pair.failure, len(sender.pair.outbox)) == (None, 0)


@pytest.mark.parametrize("status", [Status.INACTIVE, Status.QUOTA])
def test_a_session_that_is_open_and_answers_as_if_it_were_not_breaks_the_protocol(
    status: Status,
) -> None:
    sender = Sender()
    sender.answer(status)
    assert isinstance(sender.pair.failure, ProtocolViolation)


def test_completed_discards_and_still_receives() -> None:
    sender = Sender()
    sender.answer(Status.COMPLETED)
    assert (sender.pair.completed, sender.pair.left, sender.pair.discarded) == (True, False, 3)


def test_gone_ends_receiving_too() -> None:
    sender = Sender()
    sender.answer(Status.GONE)
    assert (sender.pair.completed, sender.pair.left, sender.pair.failure) == (True, True, None)


def test_aborted_stops_sending_until_abort_says_why() -> None:
    sender = Sender()
    sender.answer(Status.ABORTED)
    assert (sender.sent(), sender.pair.failure) == ([], None)
    controls.obey(sender.pair, Abort(1, "KeyError"))
    assert isinstance(sender.pair.failure, PeerAborted)
    assert sender.pair.failure.says == "KeyError"


def test_aborted_without_a_reason_ends_in_time() -> None:
    sender = Sender()
    sender.answer(Status.ABORTED)
    for sender.clock.now in (300.0, 600.0):
        sender.credits(0)
        sender.alice.agenda.run()
    assert isinstance(sender.pair.failure, PeerAborted)


@pytest.mark.parametrize("status", [Status.FULL, Status.QUOTA, Status.GAP, Status.TOO_LARGE])
def test_a_status_that_answers_no_open_breaks_the_protocol(status: Status) -> None:
    sender = Sender()
    sender.pair.announce()
    (flight,) = sender.alice.flights(BOB)
    sender.answer(Status.ACTIVE, 3)
    sender.alice.answered(BOB, flight, Receipt([OpenReceipt(1, status)], []))
    assert isinstance(sender.pair.failure, ProtocolViolation)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (Status.NOT_MEMBER, NotAMember),
        (Status.TOO_LARGE, TermsDiffer),
        (Status.STALE, ProtocolViolation),
    ],
)
def test_a_status_that_ends_the_pair_ends_no_other(status: Status, error: type) -> None:
    sender = Sender()
    sender.answer(status)
    assert type(sender.pair.failure) is error
    assert sender.local.pairs[CAROL].failure is None


@pytest.mark.parametrize("number", [4, 1 << 63])
def test_a_receipt_for_what_was_never_sent_fails_that_pair(number: int) -> None:
    sender = Sender()
    sender.answer(Status.ACTIVE, number)
    assert isinstance(sender.pair.failure, ProtocolViolation)
    (flight,) = sender.alice.flights(BOB)
    assert flight.batch.controls == [
        Abort(1, "ProtocolViolation: a receipt for what was never sent")
    ]
    assert isinstance(flight.batch, Batch)
