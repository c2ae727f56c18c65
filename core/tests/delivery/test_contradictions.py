"""Answers that contradict themselves, or what was answered before: a broken rule, every time.

Some of them would make the sender repeat itself without an end.
"""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import BOB
from core.tests.delivery.support.sender import ROOM, Sender, active
from partywire.delivery.records import FlowReceipt, Receipt, Status
from partywire.errors import ProtocolViolation


@pytest.mark.parametrize("opened", [False, True])
def test_a_gap_before_what_was_taken_breaks_the_protocol(opened: bool) -> None:
    sender = Sender(opened=opened)
    sender.answer(Status.GAP, 1)
    assert isinstance(sender.pair.failure, ProtocolViolation)


def test_a_gap_behind_a_later_segment_breaks_the_protocol() -> None:
    sender = Sender()
    sender.pair.put(3, b"3")
    (later,) = sender.alice.flights(BOB)
    sender.answer(Status.ACTIVE, 3)
    sender.answer(Status.GAP, 3, later)
    assert isinstance(sender.pair.failure, ProtocolViolation)
    assert "a gap where none can be" in str(sender.pair.failure)


def test_active_that_leaves_something_out_breaks_the_protocol() -> None:
    sender = Sender()
    sender.answer(Status.ACTIVE, 2)
    assert isinstance(sender.pair.failure, ProtocolViolation)


@pytest.mark.parametrize("opened", [False, True])
def test_a_gap_right_after_a_rewind_breaks_the_protocol(opened: bool) -> None:
    """One may have overtaken another on the way; what is sent again comes first of all."""
    sender = Sender(opened=opened)
    sender.pair.put(3, b"3")
    (flight,) = sender.alice.flights(BOB)
    sender.answer(Status.ACTIVE, 3)
    sender.answer(Status.GAP, 2, flight)
    assert sender.pair.failure is None
    (again,) = sender.alice.flights(BOB)
    sender.answer(Status.GAP, 2, again)
    assert isinstance(sender.pair.failure, ProtocolViolation)


def test_a_gap_in_the_midst_of_a_large_message_comes_once() -> None:
    sender = Sender()
    sender.answer(Status.ACTIVE, 3)
    sender.pair.put(3, bytes(3 << 20))
    first, second, third = sender.alice.flights(BOB)
    sender.alice.answered(BOB, first, active(3, 1 << 20))
    gap = Receipt([], [FlowReceipt(1, Status.GAP, 3, 0, *ROOM)])
    sender.alice.answered(BOB, second, gap)
    sender.alice.answered(BOB, third, gap)
    assert sender.pair.failure is None
    again = sender.alice.flights(BOB)[0]
    sender.alice.answered(BOB, again, gap)
    assert isinstance(sender.pair.failure, ProtocolViolation)


@pytest.mark.parametrize("status", [Status.FULL, Status.GAP])
def test_a_refusal_that_goes_back_breaks_the_protocol(status: Status) -> None:
    sender = Sender()
    sender.answer(Status.ACTIVE, 3)
    sender.pair.put(3, b"3")
    (flight,) = sender.alice.flights(BOB)
    sender.answer(status, 2, flight)
    assert isinstance(sender.pair.failure, ProtocolViolation)
    assert "goes back" in str(sender.pair.failure)


def test_full_that_refuses_nothing_breaks_the_protocol() -> None:
    sender = Sender()
    sender.answer(Status.FULL, 3)
    assert isinstance(sender.pair.failure, ProtocolViolation)
