"""Whole conversations over connections that fail in every way, between nodes that crash.

What is accepted arrives once and in order, or both ends have a named error; what befalls two
parties is no matter between others; every wait ends, and nothing is left over.

Real session tables and dispatches, joined by an event heap; random programs, limits so small that
every refusal happens. See `core.tests.delivery.support`: `schedules` makes a plan, `performance`
carries it out, `checks` says what has to be true. `make soak` runs more of the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from core.tests.delivery.support.climates import (
    CRASHES,
    GRAVE,
    HASTY,
    MILD,
    STOPS,
    TWINS,
    many,
    perform,
)
from core.tests.delivery.support.schedules import plans

if TYPE_CHECKING:
    from core.tests.delivery.support.plans import Plan

pytestmark = pytest.mark.timeout(600)  # shrinking a failure may take minutes


@many
@given(plans(MILD))
def test_every_message_arrives_once_and_in_order_whatever_happens_to_connections(
    plan: Plan,
) -> None:
    perform(plan)


@many
@given(plans(STOPS))
def test_a_party_that_stops_is_named_and_harms_nobody_else(plan: Plan) -> None:
    perform(plan)


@many
@given(plans(CRASHES))
def test_a_node_that_crashes_or_starts_anew_is_named_and_harms_nobody_else(plan: Plan) -> None:
    perform(plan)


@many
@given(plans(GRAVE))
def test_outages_without_end_are_named_at_both_ends_and_harm_nobody_else(plan: Plan) -> None:
    perform(plan)


@many
@given(plans(HASTY))
def test_where_limits_run_out_it_is_said_and_nothing_is_left_over(plan: Plan) -> None:
    perform(plan)


@many
@given(plans(TWINS))
def test_two_nodes_under_one_id_are_named_and_harm_nobody_else(plan: Plan) -> None:
    perform(plan)
