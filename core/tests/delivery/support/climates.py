"""The kinds of schedules, by what may happen in them, and how one is run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import attrs
from hypothesis import HealthCheck, settings

from core.tests.delivery.support.checks import check
from core.tests.delivery.support.making import small_chunks
from core.tests.delivery.support.performance import Performance
from core.tests.delivery.support.programs import CHUNK, QUANTUM
from core.tests.delivery.support.tally import TALLY

if TYPE_CHECKING:
    from core.tests.delivery.support.plans import Plan

SCHEDULES = 100
"""How many schedules of each climate a test run tries; `make soak` tries more."""


@attrs.frozen
class Climate:
    """What may happen in a schedule.

    Attributes:
        stops: parties leave, raise or are cancelled midway, or never open a session.
        hurried: rounds of synchronous sessions may run out.
        grave: outages may last, or never end; clocks may jump far.
        crashes: nodes crash, and may come back.
        twins: two nodes run under one id.
        patient: the bounds on being full, half there or left are out of reach, and those in bytes
            hold all messages of a schedule.
    """

    stops: bool = False
    hurried: bool = False
    grave: bool = False
    crashes: bool = False
    twins: bool = False
    patient: bool = True


MILD = Climate()
STOPS = Climate(stops=True)
CRASHES = Climate(crashes=True)
GRAVE = Climate(stops=True, hurried=True, grave=True, crashes=True)
HASTY = attrs.evolve(GRAVE, patient=False)
TWINS = Climate(stops=True, grave=True, twins=True)
CLIMATES = {
    "mild": MILD,
    "stops": STOPS,
    "crashes": CRASHES,
    "grave": GRAVE,
    "hasty": HASTY,
    "twins": TWINS,
}

UNHURRIED_CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large)
many = settings(
    max_examples=SCHEDULES,
    derandomize=bool(os.environ.get("CI")),  # other ones each day are for `make soak`
    database=None,
    suppress_health_check=UNHURRIED_CHECKS,
)


def perform(plan: Plan) -> None:
    """Carry out a schedule, and check all that was promised."""
    with small_chunks(CHUNK, QUANTUM):
        performance = Performance(plan)
        performance.run()
        check(performance)
    TALLY.add(performance)
