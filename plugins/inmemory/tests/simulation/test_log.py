"""The log: printed, saved, and run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from partywire_inmemory import Event, Log, Simulation
from partywire_inmemory.simulation import log as log_module

from .programs import count

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from partywire import Node

CHANCES = st.floats(0, 0.4)


def hostile(seed: int, **settings: float) -> Simulation:
    simulation = Simulation(5, seed=seed)
    simulation.every_link().set(latency=0.05, jitter=0.02, bandwidth=1e5, **settings)
    simulation.link("p1", "p4", one_way=True).loss = 0.3
    simulation.partition(["p1"], at=1, until=30)
    simulation.crash("p3", round=4, restart_after=2)
    simulation.half_open("p4", "p5", at=2, until=60)
    simulation.skew("p2", 1e6)
    return simulation


@settings(max_examples=10)
@given(st.integers(0, 1 << 64), CHANCES, CHANCES, CHANCES)
def test_the_same_seed_gives_the_same_log(
    seed: int, loss: float, duplication: float, reordering: float
) -> None:
    chances = {"loss": loss, "duplication": duplication, "reordering": reordering}
    first, second = (hostile(seed, **chances).run(count) for _ in range(2))
    assert len(first.log) > 100
    assert (found := first.log.difference(second.log)) is None, str(found)


def test_another_seed_gives_another_one() -> None:
    first, second = (hostile(seed, loss=0.2).run(count).log for seed in (1, 2))
    assert first.difference(second) is not None


def test_a_saved_log_runs_again_and_is_the_same(tmp_path: Path) -> None:
    simulation = hostile(7, loss=0.1, duplication=0.1, reordering=0.1)
    simulation.run(count)
    simulation.log.save(tmp_path / "run.jsonl")
    saved = Log.load(tmp_path / "run.jsonl")
    assert saved.scenario["parties"] == ["p1", "p2", "p3", "p4", "p5"]
    assert saved.scenario["seed"] == 7
    assert saved.scenario["links"]["p1>p4"]["loss"] == 0.3
    assert [fault["kind"] for fault in saved.scenario["faults"]] == [
        "partition",
        "crash",
        "half-open",
    ]
    again = Simulation.again(saved)
    again.run(count)
    assert (found := saved.difference(again.log)) is None, str(found)


def test_the_first_difference_is_shown(tmp_path: Path) -> None:
    async def one_more_byte(node: Node) -> None:
        async with node.session(1) as session:
            await session.exchange(dict.fromkeys(node.peers, b"two" if node.party == "p2" else b""))

    async def program(node: Node) -> None:
        async with node.session(1) as session:
            await session.exchange(dict.fromkeys(node.peers, b""))

    simulation = Simulation(2, seed=1)
    simulation.run(program)
    again = Simulation.again(simulation.log)
    again.run(one_more_byte)
    found = simulation.log.difference(again.log)
    assert found is not None
    assert list(simulation.log)[: found.index] == list(again.log)[: found.index]
    assert found.here is not None
    assert found.there is not None
    assert (found.here.frame, found.here.source) == ("batch", "p2")
    assert found.there.size == found.here.size + len(b"two")
    assert f"event {found.index} differs" in str(found)


def test_traffic_of_another_link_changes_nothing_on_this_one() -> None:
    async def talk(node: Node) -> None:
        async with node.session(1, parties=["p1", "p2"]) as session:
            for _ in range(20):
                await session.exchange(dict.fromkeys(session.peers, b"x"))
                session.next_round()

    async def noise(node: Node) -> None:
        async with node.session(2, parties=["p3", "p4"]) as session:
            for _ in range(20):
                await session.exchange(dict.fromkeys(session.peers, bytes(1_000)))
                session.next_round()

    def between(*programs: str) -> list[Event]:
        simulation = Simulation(4, seed=5)
        simulation.every_link().set(latency=0.05, jitter=0.05, loss=0.2, reordering=0.2)
        every = {"p1": talk, "p2": talk, "p3": noise, "p4": noise}
        log = simulation.run({party: every[party] for party in programs}).log
        return [event for event in log if {event.source, event.target} == {"p1", "p2"}]

    assert between("p1", "p2") == between("p1", "p2", "p3", "p4")


def test_no_payload_is_in_a_log(tmp_path: Path) -> None:
    async def program(node: Node) -> None:
        async with node.session("secret-free") as session:
            await session.exchange(dict.fromkeys(node.peers, b"NEVER-TO-BE-SEEN"))

    log = Simulation(2).run(program).log
    log.save(tmp_path / "run.jsonl")
    for text in (str(log), (tmp_path / "run.jsonl").read_text("utf-8")):
        assert "NEVER" not in text
    sent = [event for event in log if event.frame == "batch" and event.what == "sent"]
    assert 16 in {size for event in sent for size in event.sessions.values()}


def test_a_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "MOST_EVENTS", 10)
    log = Simulation(2).run(count).log
    assert len(log) == 10
    assert log.dropped > 10


def test_an_event_is_a_line() -> None:
    event = Event(1.5, "sent", "p1", "p2", "batch", 120, {"0" * 30 + "2a": 16}, "why")
    assert str(event) == "    1.500000  sent          p1 > p2  batch, 120 bytes  [2a: 16]  why"
    assert str(attrs.evolve(event, target="", frame="", sessions={}, note="")) == (
        "    1.500000  sent          p1"
    )
