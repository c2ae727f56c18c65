"""The path of a frame: what the settings promise, for any frames."""

from __future__ import annotations

from math import inf
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire.errors import OptionInvalid
from partywire_inmemory import Simulation
from partywire_inmemory.simulation.links import TRIES, Conditions, Fate, Lane, Path

CHANCES = st.floats(0, 1)
SPANS = st.floats(0, 10)
CONDITIONS = st.builds(
    Conditions,
    latency=SPANS,
    jitter=SPANS,
    bandwidth=st.floats(1, 1e9) | st.just(inf),
    loss=CHANCES,
    duplication=CHANCES,
    reordering=CHANCES,
)
FRAMES = st.lists(st.tuples(SPANS, st.integers(1, 1 << 20), st.booleans()), min_size=1, max_size=20)
SEEDS = st.integers(0, 1 << 32)


def carried(
    conditions: Conditions, frames: list[tuple[float, int, bool]], seed: int
) -> list[tuple[float, Fate]]:
    """Send frames, each so many seconds after the one before."""
    path, lane, now, found = Path(conditions, Random(seed)), Lane(), 0.0, []
    for pause, size, batch in frames:
        now += pause
        found.append((now, path.carry(now, size, lane, batch=batch)))
    return found


@given(CONDITIONS, FRAMES, SEEDS)
def test_nothing_arrives_before_it_could(conditions: Conditions, frames: Any, seed: int) -> None:
    busy = 0.0
    for (now, fate), (_, size, batch) in zip(
        carried(conditions, frames, seed), frames, strict=True
    ):
        busy = max(now, busy) + size / conditions.bandwidth
        if fate.breaks is None:
            assert fate.arrives >= busy + conditions.latency
        else:
            assert fate.losses == TRIES
            assert fate.arrives == inf
            assert fate.breaks >= busy
        if not batch:
            assert fate.again is None
            assert not fate.overtaken
        assert fate.again is None or fate.again >= fate.arrives


@given(FRAMES, SEEDS)
def test_an_ideal_link_carries_at_once_and_in_order(frames: Any, seed: int) -> None:
    for now, fate in carried(Conditions(), frames, seed):
        assert fate == Fate(now, 0, None, None, overtaken=False)


@given(CONDITIONS, FRAMES, SEEDS)
def test_one_setting_leaves_the_chances_of_the_others(
    conditions: Conditions, frames: Any, seed: int
) -> None:
    other = Conditions(loss=conditions.loss, duplication=conditions.duplication)
    for (_, one), (_, two) in zip(
        carried(conditions, frames, seed), carried(other, frames, seed), strict=True
    ):
        assert one.losses == two.losses
        assert (one.again is None) == (two.again is None)


@given(st.floats(0.05, 0.95), SEEDS)
def test_frames_get_lost_as_often_as_was_set(loss: float, seed: int) -> None:
    path = Path(Conditions(loss=loss), Random(seed))
    losses = [path.carry(0.0, 1, Lane(), batch=True).losses for _ in range(3_000)]
    assert abs(sum(map(bool, losses)) / len(losses) - loss) < 0.06


def test_a_frame_that_is_lost_comes_later_and_later() -> None:
    path = Path(Conditions(loss=0.9, latency=1.0), Random(5))
    fates = [path.carry(0.0, 1, Lane(), batch=True) for _ in range(500)]
    seen = {fate.losses: fate.arrives for fate in fates}
    assert [seen[losses] for losses in range(4)] == [1, 3, 7, 15]


def test_bandwidth_is_shared_by_what_is_sent_at_once() -> None:
    path, lane = Path(Conditions(bandwidth=100.0), Random(1)), Lane()
    assert [path.carry(0.0, 50, lane, batch=True).arrives for _ in range(3)] == [0.5, 1.0, 1.5]


def test_a_new_connection_does_not_queue_behind_the_bulk_of_another() -> None:
    path, bulk, new = Path(Conditions(bandwidth=100.0), Random(1)), Lane(), Lane()
    for _ in range(10):
        path.carry(0.0, 100, bulk, batch=True)
    assert path.carry(0.0, 50, new, batch=False).arrives == 1.0
    assert path.carry(1.0, 50, bulk, batch=True).arrives == 10.5


def test_connections_that_are_busy_at_once_get_half_each() -> None:
    path, one, other = Path(Conditions(bandwidth=100.0), Random(1)), Lane(), Lane()
    path.carry(0.0, 1_000, one, batch=True)
    arrivals = [path.carry(0.0, 100, other, batch=True).arrives for _ in range(7)]
    assert arrivals == [2.0, 4.0, 6.0, 8.0, 10.0, 11.0, 12.0]


def test_the_share_of_a_connection_that_is_over_is_free() -> None:
    path, bulk, new = Path(Conditions(bandwidth=100.0), Random(1)), Lane(), Lane()
    path.carry(0.0, 1_000, bulk, batch=True)
    path.leave(bulk)
    path.leave(bulk)
    assert path.carry(0.0, 50, new, batch=False).arrives == 0.5


@pytest.mark.parametrize(
    ("name", "value"),
    [("latency", -1.0), ("jitter", inf), ("bandwidth", 0.0), ("loss", 1.1), ("loss", float("nan"))],
)
def test_a_setting_out_of_bounds_is_named(name: str, value: float) -> None:
    link = Simulation(2).every_link()
    with pytest.raises(OptionInvalid, match=f"{name} has to be a (finite )?number"):
        setattr(link, name, value)


def test_links_are_set_both_ways_one_way_and_all_at_once() -> None:
    simulation = Simulation(3)
    simulation.link("p1", "p2").latency = 0.1
    simulation.link("p2", "p1", one_way=True).latency = 0.2
    assert simulation.link("p1", "p2").latency == 0.1
    assert simulation.link("p2", "p1").latency == 0.2
    assert simulation.link("p1", "p3").latency == 0.0
    simulation.every_link().set(latency=0.3, loss=0.5)
    assert simulation.link("p2", "p1").latency == simulation.link("p3", "p2").latency == 0.3
    with pytest.raises(OptionInvalid, match="a setting of a link has to be one of: latency"):
        simulation.every_link().set(weather=1.0)
    with pytest.raises(OptionInvalid, match="a party has to be one of: p1, p2, p3"):
        simulation.link("p1", "p4")


def test_a_setting_that_there_is_not_is_refused_and_not_taken_for_an_attribute() -> None:
    simulation = Simulation(2)
    with pytest.raises(AttributeError):
        setattr(simulation.every_link(), "latncy", 2.0)  # noqa: B010


def test_what_separates_nobody_is_refused() -> None:
    simulation = Simulation(3)
    with pytest.raises(OptionInvalid, match="between two parties"):
        simulation.link("p1", "p1")
    for nobody in ([], ["p1", "p2", "p3"]):
        with pytest.raises(OptionInvalid, match="not all of them"):
            simulation.partition(nobody)
