"""The cache for sessions that are not open here: bounded, and never custody."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import Clock, segment, terms, whole
from partywire.delivery.agenda import Agenda
from partywire.delivery.early import EarlyCache
from partywire.delivery.limits import MIB, Limits
from partywire.delivery.quotas import Budget
from partywire.delivery.records import MAX_REASON, MESSAGE_COST, Record, Status

COST = 10 + MESSAGE_COST


@pytest.fixture
def clock() -> Clock:
    return Clock()


def cache(clock: Clock, limits: Limits | None = None) -> tuple[EarlyCache, Budget]:
    budget = Budget(100 * COST)
    return EarlyCache(limits or Limits(), budget, Agenda(clock)), budget


def message(slot: int) -> Record:
    return whole(slot, bytes(10))


def test_what_comes_first_is_held_and_handed_over_once(clock: Clock) -> None:
    early, budget = cache(clock)
    assert early.accept(segment(0, message(0), message(1))) is Status.INACTIVE
    assert (early.cost, budget.held, 1 in early) == (2 * COST, 2 * COST, True)
    taken = early.take(1)
    assert taken is not None
    assert [record.slot for record in taken.records] == [0, 1]
    assert (early.cost, budget.held, len(early), early.take(1)) == (0, 0, 0, None)


def test_a_duplicate_is_held_once(clock: Clock) -> None:
    early, _ = cache(clock)
    early.accept(segment(0, message(0), message(1)))
    assert early.accept(segment(0, message(0), message(1))) is Status.INACTIVE
    assert early.cost == 2 * COST


def test_a_gap_waits_at_its_sender(clock: Clock) -> None:
    early, _ = cache(clock)
    assert early.accept(segment(1, message(1))) is Status.QUOTA
    assert 1 not in early
    early.accept(segment(0, message(0)))
    assert early.accept(segment(2, message(2))) is Status.QUOTA
    assert early.cost == COST


def test_more_sessions_than_the_quota_wait(clock: Clock) -> None:
    early, _ = cache(clock, Limits(early_sessions=2))
    answers = [early.accept(segment(0, message(0), session=number)) for number in range(3)]
    assert answers == [Status.INACTIVE, Status.INACTIVE, Status.QUOTA]
    assert len(early) == 2


def test_more_bytes_than_the_quota_wait(clock: Clock) -> None:
    early, _ = cache(clock, Limits(early_bytes=2 * COST))
    assert early.accept(segment(0, *(message(slot) for slot in range(3)))) is Status.QUOTA
    assert early.cost == 2 * COST


def test_the_budget_of_the_peer_counts_too(clock: Clock) -> None:
    early, budget = cache(clock)
    assert budget.hold(budget.limit - COST)
    assert early.accept(segment(0, message(0), message(1))) is Status.QUOTA
    assert early.cost == COST


@pytest.mark.parametrize(
    "record",
    [Record(0, 0, MIB + 1, bytes(10)), whole(0, bytes(11)), Record(0, 5, 10, bytes(5))],
    ids=["a chunk", "too large", "the end of one"],
)
def test_what_is_no_small_whole_message_waits(clock: Clock, record: Record) -> None:
    early, _ = cache(clock, Limits(early_message=10))
    assert early.accept(segment(0, record)) is Status.QUOTA
    assert early.cost == 0


def test_a_session_with_receipts_that_is_unknown_was_forgotten(clock: Clock) -> None:
    early, _ = cache(clock)
    assert early.accept(segment(3, message(3), acknowledged=3)) is Status.GONE
    assert len(early) == 0


def test_it_is_forgotten_after_its_time_and_the_books_are_right(clock: Clock) -> None:
    budget, agenda = Budget(100 * COST), Agenda(clock)
    early = EarlyCache(Limits(early_lifetime=60.0), budget, agenda)
    early.accept(segment(0, message(0)))
    clock.now = 59.9
    agenda.run()
    assert 1 in early
    clock.now = 60.0
    agenda.run()
    assert (1 in early, early.cost, budget.held) == (False, 0, 0)


def test_a_session_that_is_opened_does_not_expire_later(clock: Clock) -> None:
    agenda = Agenda(clock)
    early = EarlyCache(Limits(), Budget(100 * COST), agenda)
    early.accept(segment(0, message(0)))
    early.take(1)
    assert agenda.next() is None


def test_open_fin_and_abort_are_remembered_the_first_of_each(clock: Clock) -> None:
    early, _ = cache(clock)
    early.note(1, terms=terms())
    early.note(1, terms=terms(labels=True))
    early.note(1, final=3)
    early.note(1, final=4)
    early.note(1, abort="x" * 1_000)
    noted = early.take(1)
    assert noted is not None
    assert (noted.terms, noted.final, noted.abort) == (terms(), 3, "x" * MAX_REASON)


def test_notes_count_against_the_quota_of_sessions(clock: Clock) -> None:
    early, _ = cache(clock, Limits(early_sessions=1))
    early.note(1, abort="first")
    early.note(2, abort="second")
    assert (1 in early, 2 in early) == (True, False)


def test_another_life_of_the_peer_clears_everything(clock: Clock) -> None:
    early, budget = cache(clock)
    for number in range(3):
        early.accept(segment(0, message(0), session=number))
    early.clear()
    assert (len(early), early.cost, budget.held) == (0, 0, 0)
