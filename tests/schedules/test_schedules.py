"""Hostile schedules over nodes: random programs on a network on which everything goes wrong.

What is accepted arrives once and in order, or both ends have a named error; what befalls two
parties is no matter between others; every wait ends, and nothing is left over.

Nodes on the simulated network of `partywire_inmemory`, on virtual time. Programs, judge and excuses
are those of `core/tests/delivery/test_conversations.py`, which tries many more schedules on
couriers alone. `make soak` runs more of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from core.tests.delivery.support.climates import CRASHES, GRAVE, HASTY, MILD, STOPS
from tests.schedules.plans import plans
from tests.schedules.running import BACKENDS, hundreds, perform

if TYPE_CHECKING:
    from core.tests.delivery.support.plans import Plan

pytestmark = [
    pytest.mark.timeout(600),  # shrinking a failure may take minutes
    pytest.mark.parametrize("backend", BACKENDS),
]


@hundreds
@given(plan=plans(MILD))
def test_every_message_arrives_once_and_in_order_on_bad_links(plan: Plan, backend: str) -> None:
    perform(plan, backend)


@hundreds
@given(plan=plans(STOPS))
def test_a_party_that_stops_is_named_and_harms_nobody_else(plan: Plan, backend: str) -> None:
    perform(plan, backend)


@hundreds
@given(plan=plans(CRASHES))
def test_a_node_that_crashes_is_named_and_harms_nobody_else(plan: Plan, backend: str) -> None:
    perform(plan, backend)


@hundreds
@given(plan=plans(GRAVE))
def test_outages_without_end_are_named_at_both_ends(plan: Plan, backend: str) -> None:
    perform(plan, backend)


@hundreds
@given(plan=plans(HASTY))
def test_where_limits_run_out_it_is_said_and_nothing_is_left(plan: Plan, backend: str) -> None:
    perform(plan, backend)
