"""What the author of a test gets wrong is refused at once, by name, and with what to do."""

from __future__ import annotations

import json
from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partywire.errors import Malformed, OptionInvalid
from partywire_inmemory import Log, Simulation

from .programs import BACKENDS, count

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("parties", [0, 1, -1, True, 2.5, None, "p1", b"p1", ["p1"], []])
def test_there_are_at_least_two_parties(parties: Any) -> None:
    with pytest.raises(OptionInvalid, match="parties has to be an int from 2, or a list of at"):
        Simulation(parties)


@pytest.mark.parametrize("seed", ["3", nan, None, True])
def test_a_seed_is_an_int(seed: Any) -> None:
    with pytest.raises(OptionInvalid, match="seed has to be an int, not"):
        Simulation(2, seed=seed)


@pytest.mark.parametrize("name", ["latency", "jitter", "bandwidth", "loss", "reordering"])
@pytest.mark.parametrize("value", ["50ms", None, True, nan, -1.0, -inf])
def test_a_setting_of_a_link_is_a_number(name: str, value: Any) -> None:
    with pytest.raises(OptionInvalid, match=f"{name} has to be a .*number"):
        Simulation(2).every_link().set(**{name: value})


@pytest.mark.parametrize("round", [-1, 1.5, "2", True])
def test_a_round_is_an_int_from_nothing(round: Any) -> None:
    with pytest.raises(OptionInvalid, match="round has to be an int"):
        Simulation(2).crash("p1", round=round)


@pytest.mark.parametrize("seconds", [nan, inf, "1s", None, True])
def test_a_skew_is_a_number(seconds: Any) -> None:
    with pytest.raises(OptionInvalid, match="seconds has to be a finite number"):
        Simulation(2).skew("p1", seconds)


@pytest.mark.parametrize(
    ("programs", "why"),
    [
        (None, "a program has to be an async function that takes a node"),
        ({"p1": 5}, "a program has to be an async function"),
        ({"p9": count}, "a mapping of programs has to be for some of p1, p2; nobody is 'p9'"),
        ({}, "a mapping of programs has to be for at least one party"),
    ],
)
def test_programs_are_looked_at_before_anything_runs(programs: Any, why: str) -> None:
    simulation = Simulation(2)
    with pytest.raises(OptionInvalid, match=why):
        simulation.run(programs)
    assert simulation.run(count).values()


async def test_run_is_refused_within_an_event_loop() -> None:
    with pytest.raises(OptionInvalid, match="run has to be called where no event loop runs"):
        Simulation(2).run(count)


@BACKENDS
def test_a_fault_that_never_happens_is_told(backend: str) -> None:
    simulation = Simulation(3, backend=backend)
    simulation.crash("p1", round=1_000)
    simulation.crash("p2", at=1e6)
    simulation.partition(["p1"], at=1e6)
    simulation.half_open("p1", "p2", at=1e6)
    simulation.crash("p3", round=2)
    simulation.crash("p3", round=2)
    result = simulation.run(count)
    kinds = [type(fault).__name__ for fault in result.missed]
    assert sorted(kinds) == ["Crash", "Crash", "Crash", "HalfOpen", "Partition"]
    assert sorted(getattr(fault, "party", "") for fault in result.missed)[2:] == ["p1", "p2", "p3"]


@BACKENDS
def test_faults_that_happen_are_not_missed(backend: str) -> None:
    simulation = Simulation(3, backend=backend)
    simulation.every_link().latency = 0.05
    simulation.partition(["p1"], at=0, until=0.1)
    simulation.half_open("p1", "p2", at=0, until=0.1)
    simulation.crash("p3", round=2, restart_after=1)
    assert not simulation.run(count).missed


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
LINES = st.lists(JSON.map(lambda value: json.dumps(value).encode()), max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=40) | LINES.map(b"\n".join) | LINES.map(lambda x: b"\n".join([b"{}", *x]))
)
def test_garbage_is_no_log(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(data)
    with pytest.raises(Malformed, match=r"malformed log of a simulation: (line \d|its scenario)"):
        Simulation.again(Log.load(path))


def test_a_log_too_deep_is_none(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"[" * 100_000)
    with pytest.raises(Malformed, match="line 1 is not what save"):
        Log.load(tmp_path / "log")
