"""Appointments: in order, once, and forgotten when they are cancelled."""

from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from core.tests.delivery.support.making import Clock
from partywire.delivery.agenda import Agenda


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60), st.integers(0, 21))
def test_what_is_due_is_done_in_order_and_once(plan: list[tuple[int, bool]], now: int) -> None:
    clock = Clock()
    agenda = Agenda(clock)
    done: list[tuple[int, int]] = []
    made = [
        (agenda.at(when, partial(done.append, (when, order))), cancelled)
        for order, (when, cancelled) in enumerate(plan)
    ]
    for appointment, cancelled in made:
        if cancelled:
            appointment.cancel()
    clock.now = now
    agenda.run()
    agenda.run()
    kept = [(when, order) for order, (when, cancelled) in enumerate(plan) if not cancelled]
    assert done == sorted(entry for entry in kept if entry[0] <= now)
    rest = [when for when, _ in kept if when > now]
    assert agenda.next() == (min(rest) if rest else None)


def test_after_counts_from_now() -> None:
    clock = Clock()
    clock.now = 5.0
    agenda = Agenda(clock)
    agenda.after(2.5, lambda: None)
    assert agenda.next() == 7.5


def test_soon_is_at_once_and_what_it_adds_is_left_to_the_next_run() -> None:
    agenda = Agenda(Clock())
    done: list[str] = []

    def first() -> None:
        done.append("first")
        agenda.soon(lambda: done.append("second"))

    agenda.soon(first)
    assert agenda.next() == float("-inf")
    agenda.run()
    assert done == ["first"]
    agenda.run()
    assert done == ["first", "second"]
    assert agenda.next() is None


def test_only_an_earlier_appointment_wakes_the_driver() -> None:
    agenda = Agenda(Clock())
    woken: list[float | None] = []
    agenda.earlier = lambda: woken.append(agenda.next())
    for when in (5.0, 7.0, 3.0, 4.0):
        agenda.at(when, lambda: None)
    assert woken == [5.0, 3.0]


def test_cancelled_appointments_take_no_room() -> None:
    agenda = Agenda(Clock())
    keep = agenda.at(1_000.0, lambda: None)
    for when in range(10_000):
        agenda.at(float(when + 2_000), lambda: None).cancel()
    assert len(agenda._heap) < 200
    assert not keep.cancelled
    assert agenda.next() == 1_000.0


def test_one_that_was_cancelled_in_the_same_run_is_not_kept() -> None:
    clock = Clock()
    agenda = Agenda(clock)
    done: list[str] = []
    later = agenda.at(2.0, lambda: done.append("later"))
    agenda.at(1.0, later.cancel)
    clock.now = 3.0
    agenda.run()
    assert done == []
