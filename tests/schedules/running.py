"""Runs a schedule over nodes, and says what has happened where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import note, settings

from core.tests.delivery.support.climates import many
from core.tests.delivery.support.making import small_chunks
from core.tests.delivery.support.programs import CHUNK, QUANTUM
from core.tests.delivery.support.tally import Tally
from tests.schedules.performance import NodePerformance

if TYPE_CHECKING:
    from core.tests.delivery.support.plans import Plan

BACKENDS = ("asyncio", "trio")
SCHEDULES = 20
"""How many schedules of each climate a test run tries on each backend; `make soak` tries more."""
EVENTS_SHOWN = 60

TALLIES = {backend: Tally() for backend in BACKENDS}
"""Those of this process; the summary of a test run shows them."""

hundreds = settings(many, max_examples=SCHEDULES)


def perform(plan: Plan, backend: str) -> None:
    """Carry out a schedule with nodes, and check all that was promised."""
    with small_chunks(CHUNK, QUANTUM):
        performance = NodePerformance(plan, backend)
        try:
            performance.run(backend)
        except BaseException:
            events = list(performance.simulation.log)
            note("\n".join(map(str, ["the last events:", *events[-EVENTS_SHOWN:]])))
            raise
    TALLIES[backend].add(performance)
