"""Whose absence is worth a line, and when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from core.tests.delivery.support.making import Clock
from partywire.delivery.agenda import Agenda
from partywire.node.missing import PATIENCE, Missing

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passing(clock: Clock, agenda: Agenda) -> Callable[[float], None]:
    def let_pass(seconds: float) -> None:
        clock.now += seconds
        agenda.run()

    return let_pass


@pytest.fixture
def agenda(clock: Clock) -> Agenda:
    return Agenda(clock)


@pytest.fixture
def bob(agenda: Agenda) -> Missing:
    peer: Any = SimpleNamespace(party="bob", link_to="nobody is there")
    return Missing(peer, agenda)


def test_one_absence_is_one_warning_and_one_at_its_end(
    bob: Missing, passing: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        bob.begin()
        passing(PATIENCE / 2)
        bob.begin()
        passing(PATIENCE / 2)
        bob.begin()
        passing(9 * PATIENCE)
        bob.end()
        bob.end()
    assert [record.message for record in caplog.records] == 2 * [
        "bob is out of reach for 10 s: nobody is there",
        "bob is within reach again",
    ]


def test_a_short_absence_and_one_of_somebody_removed_are_not_told(
    bob: Missing, passing: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    bob.begin()
    passing(PATIENCE / 2)
    bob.end()
    passing(PATIENCE)
    bob.begin()
    bob.forget()
    passing(PATIENCE)
    assert caplog.records == []
