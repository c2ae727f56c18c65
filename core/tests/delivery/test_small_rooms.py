"""Back-off, the clock of rounds, tombstones, budgets, and the table of states."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.delivery.support.making import Clock
from partywire.delivery import states
from partywire.delivery.backoff import Backoff
from partywire.delivery.quotas import Budget
from partywire.delivery.rounds import RoundClock
from partywire.delivery.states import ANSWERS, TRANSITIONS, Event, State, step
from partywire.delivery.tombstones import Tombstones, ending_of

pauses = st.floats(0.001, 10)

FINISHED = ending_of(State.FINISHED, ())


@given(pauses, st.floats(1, 3), st.floats(0, 1), st.integers(1, 200))
def test_pauses_grow_by_the_factor_within_the_jitter_and_a_bound(
    first: float, factor: float, chance: float, count: int
) -> None:
    longest = 20 * first
    backoff = Backoff(first, factor, longest, lambda: chance)
    spread = 0.9 + 0.2 * chance
    for number in range(count):
        expected = min(min(first * factor**number, longest) * spread, longest)
        assert backoff.next() == pytest.approx(expected)
    backoff.reset()
    assert backoff.next() == pytest.approx(first * spread)


def test_the_clock_of_rounds_stands_still_until_it_starts() -> None:
    clock = RoundClock(10.0)
    clock.next_round(5.0)
    assert clock.deadline() is None
    clock.start(100.0)
    clock.start(200.0)
    assert clock.deadline() == 115.0


@given(st.floats(0, 100), st.lists(st.floats(0.1, 100), max_size=20), st.floats(0, 1e6))
def test_time_that_a_round_leaves_is_there_for_the_next(
    first: float, others: list[float], start: float
) -> None:
    clock = RoundClock(first)
    clock.start(start)
    for timeout in others:
        clock.next_round(timeout)
    assert clock.deadline() == pytest.approx(start + first + sum(others))


@given(st.integers(1, 20), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5))))
def test_the_last_ids_are_remembered_and_never_more_than_the_capacity(
    capacity: int, additions: list[tuple[int, int]]
) -> None:
    clock = Clock()
    tombstones = Tombstones(capacity, 10.0, clock)
    model: list[tuple[int, float]] = []
    for session, pause in additions:
        clock.now += pause
        tombstones.add(session, FINISHED)
        model.append((session, clock.now))
        assert len(tombstones) <= max(capacity, 2)
        recent = model[-max(capacity // 2, 1) :]
        for known, added in recent:
            if clock.now - added < 10.0:
                assert tombstones.get(known) is FINISHED
    assert tombstones.get(999) is None


@pytest.mark.parametrize(
    ("state", "towards_failed", "towards_others"),
    [
        (State.FINISHED, State.ABORTED, State.FINISHED),
        (State.UNDELIVERED, State.UNDELIVERED, State.FINISHED),
        (State.ABORTED, State.ABORTED, State.ABORTED),
    ],
)
def test_an_ending_is_that_of_the_pair(
    state: State, towards_failed: State, towards_others: State
) -> None:
    ending = ending_of(state, ("bob",))
    assert (ending.towards("bob"), ending.towards("carol")) == (towards_failed, towards_others)


def test_an_id_is_forgotten_after_twice_its_time() -> None:
    clock = Clock()
    tombstones = Tombstones(100, 10.0, clock)
    tombstones.add(1, ending_of(State.ABORTED, ()))
    for clock.now in (10.0, 20.0):
        tombstones.add(int(clock.now), FINISHED)
    assert tombstones.get(1) is None
    assert tombstones.get(10) is FINISHED


@given(st.integers(0, 100), st.lists(st.integers(0, 60)))
def test_a_budget_holds_up_to_its_limit(limit: int, costs: list[int]) -> None:
    budget = Budget(limit)
    held: list[int] = []
    for cost in costs:
        if budget.hold(cost):
            held.append(cost)
        else:
            assert sum(held) + cost > limit
        assert budget.held == sum(held) <= limit
    for cost in held:
        budget.release(cost)
    assert budget.held == 0


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_what_is_not_in_the_table_cannot_happen(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert step(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(KeyError):
            step(state, event)


def test_every_state_can_be_reached_and_answers_its_peers() -> None:
    assert {State.UNKNOWN, *TRANSITIONS.values()} == set(State) == set(ANSWERS)


def test_the_diagram_says_what_the_table_says() -> None:
    drawn: dict[tuple[State, Event], State] = {}
    arrow = re.compile(r"((?:[A-Z]+, )*[A-Z]+) ──(\w+)──> (?=([A-Z]+))")
    for line in (states.__doc__ or "").splitlines():
        for sources, event, target in arrow.findall(line):
            for source in sources.split(", "):
                drawn[State[source], Event[event.upper()]] = State[target]
    repeated = {(State.EARLY, Event.EARLY): State.EARLY}
    assert drawn | repeated == TRANSITIONS
