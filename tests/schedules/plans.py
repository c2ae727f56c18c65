"""Random schedules over nodes: the programs of the pure ones, and all faults of the simulator."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import attrs
from hypothesis import strategies as st

from core.tests.delivery.support import schedules as pure
from core.tests.delivery.support.faults import FOR_EVER, Fault
from core.tests.delivery.support.programs import LARGEST
from tests.schedules.faults import Crash, HalfOpen, Partition, Road, Skew

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from core.tests.delivery.support.climates import Climate
    from core.tests.delivery.support.plans import Plan


@cache
def roads(parties: tuple[str, ...]) -> st.SearchStrategy[dict[tuple[str, str], Road]]:
    """Draw what some links are like. A hello gets through all of them in time."""
    ways = [(one, other) for one in parties for other in parties if one != other]
    shares = st.sampled_from([0.0, 0.0, 0.05, 0.2])
    road = st.builds(
        Road,
        latency=st.sampled_from([0.0, 0.001, 0.05]),
        jitter=st.sampled_from([0.0, 0.05]),
        bandwidth=st.sampled_from([FOR_EVER, 20_000.0]),
        loss=shares,
        duplication=shares,
        reordering=shares,
    )
    return st.dictionaries(st.sampled_from(ways), road, max_size=6)


@st.composite
def faults(draw: DrawFn, parties: tuple[str, ...], climate: Climate) -> Fault:
    """Draw one thing that happens. In mild climates five of them are over in time."""
    when = draw(st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 1.2, 3.0, 10.0, 12.1]))
    party, *others = draw(st.permutations(parties))
    lasting = [30.0, 100.0, FOR_EVER] if climate.grave else []
    outages = st.sampled_from([0.001, 0.01, 0.3, 1.0, *lasting])
    kinds = ["partition", "partition", "half-open", "half-open", "skew"]
    kind = draw(st.sampled_from([*kinds, *["crash"] * 3 * climate.crashes]))
    if kind == "partition":
        beside = tuple(others[: draw(st.integers(0, len(others) - 1))])
        breaks_after = draw(st.sampled_from([0.0, 0.5, 20.0]))
        return Partition(when, party, beside, draw(outages), breaks_after)
    if kind == "half-open":
        return HalfOpen(when, party, others[0], draw(outages))
    if kind == "skew":
        return Skew(0.0, party, draw(st.sampled_from([-3_600.0, 100.0, 1e9])))
    downtime = draw(st.sampled_from([0.01, 0.3, 3.0, 20.0, FOR_EVER]))
    return Crash(when, party, downtime, draw(st.none() | st.integers(0, 3)))


def plans(climate: Climate) -> st.SearchStrategy[Plan]:
    """Draw a schedule for two or three nodes with up to three sessions."""
    drawn: st.SearchStrategy[Plan] = pure.plans(climate, faults=faults, weathers=roads)
    return drawn.map(_within_reach)


def _within_reach(plan: Plan) -> Plan:
    """Let the budget of a peer hold the largest message, as a config must."""
    return attrs.evolve(plan, limits=attrs.evolve(plan.limits, largest_message=LARGEST))
