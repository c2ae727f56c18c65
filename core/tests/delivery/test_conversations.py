"""Whole conversations over connections that break.

What is accepted arrives once and in order, or is named.

Real session tables and dispatches, joined by an event heap; random programs, limits so small that
every refusal happens. See `core.tests.delivery.support.world`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from core.tests.delivery.support.making import small_chunks
from core.tests.delivery.support.performance import Performance
from core.tests.delivery.support.plans import CHUNK, QUANTUM, Plan, plans

if TYPE_CHECKING:
    from collections.abc import Iterator

slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture(scope="module", autouse=True)
def chunks() -> Iterator[None]:
    with small_chunks(CHUNK, QUANTUM):
        yield


@slow
@given(plans(stops=False))
def test_every_message_arrives_once_and_in_order_whatever_happens_to_connections(
    plan: Plan,
) -> None:
    performance = Performance(plan)
    performance.run()
    performance.check()


@slow
@given(plans(stops=True))
def test_a_party_that_stops_is_named_and_harms_nobody_else(plan: Plan) -> None:
    performance = Performance(plan)
    performance.run()
    performance.check()
