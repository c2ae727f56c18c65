"""What no honest peer does is a broken rule, and costs nothing.

What an honest one may do is none.
"""

from __future__ import annotations

import tracemalloc

import pytest

from core.tests.delivery.support.making import segment, whole
from core.tests.delivery.test_intake_model import Reader, cost
from partywire.delivery.intake import BrokenRule, Intake
from partywire.delivery.limits import Limits
from partywire.delivery.quotas import Budget
from partywire.delivery.records import CHUNK, Record, Status, label_slot
from partywire.delivery.waiting import Waiter


@pytest.fixture
def budget() -> Budget:
    return Budget(1 << 32)


@pytest.fixture
def intake(budget: Budget) -> Intake:
    return Intake(budget)


def reader(*, labels: bool = True, limits: Limits | None = None, hungry: bool = False) -> Reader:
    return Reader(labels, limits or Limits(), hungry=hungry)


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([whole(3, b"a"), whole(3, b"b")], id="a round twice"),
        pytest.param([whole(3, b"a"), whole(2, b"b")], id="rounds that fall"),
        pytest.param([whole(3, b"a"), whole(label_slot(0), b""), whole(3, b"b")], id="and a label"),
        pytest.param([Record(0, 0, 2, b"abc")], id="a record beyond its total"),
        pytest.param([Record(0, 0, 4, b"ab"), Record(0, 2, 4, b"abc")], id="chunk past its total"),
        pytest.param([Record(0, 0, 4, b"")], id="an empty chunk"),
        pytest.param([Record(0, 0, 4, b"ab"), Record(0, 2, 4, b"")], id="an empty chunk later"),
        pytest.param([Record(0, 0, 4, b"ab"), Record(0, 2, 5, b"ab")], id="chunks of other totals"),
        pytest.param([Record(0, 0, 4, b"ab"), Record(1, 2, 4, b"a")], id="chunks of other slots"),
        pytest.param([Record(0, 0, 9, b"abcd"), Record(0, 0, 6, b"abcdef")], id="whole over chunk"),
    ],
)
def test_a_broken_rule(intake: Intake, budget: Budget, records: list[Record]) -> None:
    with pytest.raises(BrokenRule):
        intake.accept(segment(0, *records), reader())
    intake.drop()
    assert budget.held == 0


def test_of_a_chunk_that_overlaps_what_was_taken_the_rest_is_new(intake: Intake) -> None:
    session = reader()
    for offset, data in ((0, b"abcd"), (2, b"cdef"), (5, b"fgh")):
        assert intake.accept(segment(0, Record(0, offset, 8, data)), session) is Status.ACTIVE
    assert intake.take(0) == b"abcdefgh"


def test_a_message_that_a_call_waits_for_is_not_dropped_with_its_round(intake: Intake) -> None:
    intake.waiters = {0: Waiter(0, 0.0, None, lambda: None)}
    intake.accept(segment(0, whole(0, b"awaited"), whole(1, b"passed over")), reader())
    intake.drop_rounds_before(2)
    assert intake.take(0) == b"awaited"
    assert (1 in intake.mailbox, intake.stale) == (False, 1)


def test_a_refused_message_comes_again_as_itself_or_breaks_the_rule(intake: Intake) -> None:
    session = reader(limits=Limits(look_ahead=2))
    for _ in range(2):
        assert intake.accept(segment(0, whole(9, b"far")), session) is Status.FULL
    with pytest.raises(BrokenRule, match="refused message"):
        intake.accept(segment(0, whole(9, b"other")), session)


def test_a_label_where_there_are_none_is_a_broken_rule(intake: Intake) -> None:
    with pytest.raises(BrokenRule):
        intake.accept(segment(0, whole(label_slot(0), b"")), reader(labels=False))


def test_what_came_before_the_broken_rule_was_taken(intake: Intake) -> None:
    with pytest.raises(BrokenRule):
        intake.accept(segment(0, whole(0, b"good"), whole(0, b"bad")), reader())
    assert intake.number == 1
    assert intake.take(0) == b"good"


def test_a_message_after_the_end_is_a_broken_rule(intake: Intake) -> None:
    intake.accept(segment(0, whole(0, b"")), reader())
    intake.end(1)
    assert intake.ended
    with pytest.raises(BrokenRule):
        intake.accept(segment(1, whole(1, b"")), reader())


def test_the_end_cannot_be_moved_nor_lie_behind(intake: Intake) -> None:
    intake.accept(segment(0, whole(0, b""), whole(1, b"")), reader())
    with pytest.raises(BrokenRule):
        intake.end(1)
    intake.end(3)
    intake.end(3)
    with pytest.raises(BrokenRule):
        intake.end(4)


def test_a_duplicate_after_the_end_is_no_broken_rule(intake: Intake) -> None:
    again = segment(0, whole(0, b"a"))
    intake.accept(again, reader())
    intake.end(1)
    assert intake.accept(again, reader()) is Status.ACTIVE
    assert intake.duplicates == 1


def test_one_over_the_largest_message_is_too_large_and_costs_nothing(
    intake: Intake, budget: Budget
) -> None:
    small = reader(limits=Limits(largest_message=5))
    assert intake.accept(segment(0, Record(0, 0, 6, b"a")), small) is Status.TOO_LARGE
    assert budget.held == 0
    assert intake.accept(segment(0, Record(0, 0, 5, b"a")), small) is Status.ACTIVE


def test_memory_grows_by_what_arrives_and_not_by_what_is_announced(intake: Intake) -> None:
    tracemalloc.start()
    first = Record(0, 0, 1 << 30, bytes(1000))
    assert intake.accept(segment(0, first), reader()) is Status.ACTIVE
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


def test_the_total_of_a_large_message_is_reserved_and_given_back(
    intake: Intake, budget: Budget
) -> None:
    intake.accept(segment(0, Record(0, 0, 1000, b"a")), reader())
    assert budget.held == intake.mailbox.cost == cost(1000)
    intake.drop_partial()
    assert budget.held == intake.mailbox.cost == 0


@pytest.mark.parametrize(("slot", "status"), [(1, Status.ACTIVE), (2, Status.FULL)])
def test_a_full_mailbox_takes_the_current_and_the_next_round(
    intake: Intake, slot: int, status: Status
) -> None:
    full = reader(limits=Limits(mailbox_bytes=1))
    intake.accept(segment(0, whole(label_slot(0), bytes(100))), full)
    assert intake.accept(segment(1, whole(slot, b"")), full) is status


@pytest.mark.parametrize(("round_", "status"), [(4, Status.ACTIVE), (5, Status.FULL)])
def test_rounds_beyond_the_look_ahead_are_full_even_where_nothing_is_held(
    intake: Intake, round_: int, status: Status
) -> None:
    ahead = reader(limits=Limits(look_ahead=4))
    assert intake.accept(segment(0, whole(round_, b"")), ahead) is status
    assert intake.refused == (None if status is Status.ACTIVE else (round_, 0))


@pytest.mark.parametrize(("size", "status"), [(10, Status.ACTIVE), (11, Status.FULL)])
def test_even_the_current_round_is_full_beyond_the_budget_of_the_peer(
    size: int, status: Status
) -> None:
    intake = Intake(Budget(cost(10)))
    assert intake.accept(segment(0, whole(0, bytes(size))), reader()) is status


@pytest.mark.parametrize(("hungry", "status"), [(True, Status.ACTIVE), (False, Status.FULL)])
def test_labels_overdraw_only_while_a_receive_starves(
    intake: Intake, *, hungry: bool, status: Status
) -> None:
    limits = Limits(mailbox_bytes=1, label_overdraft=3 * cost(5))
    session = reader(limits=limits, hungry=hungry)
    records = [whole(label_slot(name), bytes(5)) for name in range(3)]
    assert intake.accept(segment(0, *records), session) is status
    assert intake.number == (3 if hungry else 1)


def test_the_overdraft_has_an_end(intake: Intake) -> None:
    limits = Limits(mailbox_bytes=1, label_overdraft=2 * cost(5))
    records = [whole(label_slot(name), bytes(5)) for name in range(3)]
    assert intake.accept(segment(0, *records), reader(limits=limits, hungry=True)) is Status.FULL
    assert intake.number == 2


def test_a_mailbox_is_roomy_when_half_of_it_is_free(intake: Intake) -> None:
    limits = Limits(mailbox_messages=4, look_ahead=32)
    session = reader(limits=limits)
    intake.accept(segment(0, *(whole(label_slot(0), b"") for _ in range(5))), session)
    intake.take(label_slot(0))
    assert not intake.roomy(session)
    intake.take(label_slot(0))
    assert intake.roomy(session)


def test_credit_is_what_the_mailbox_would_take(intake: Intake) -> None:
    limits = Limits(mailbox_bytes=10 * cost(0), mailbox_messages=7)
    assert intake.credit(limits) == (7, 10 * cost(0))
    intake.accept(segment(0, whole(0, b"")), reader(limits=limits))
    assert intake.credit(limits) == (6, 9 * cost(0))


def test_credit_always_covers_the_rest_of_a_message_that_was_begun(intake: Intake) -> None:
    limits = Limits(mailbox_bytes=1)
    intake.accept(segment(0, Record(0, 0, 5 * CHUNK, b"abc")), reader(limits=limits))
    messages, size = intake.credit(limits)
    assert messages >= 1
    assert size >= cost(5 * CHUNK - 3)
