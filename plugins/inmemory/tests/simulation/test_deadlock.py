"""A simulation that cannot go on says so, and who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from partywire import session_id
from partywire.errors import Deadlock, PeerUnreachable, RoundTimeout
from partywire_inmemory import Log, Simulation

from .programs import BACKENDS, wait

if TYPE_CHECKING:
    from pathlib import Path

    from partywire import Node


@BACKENDS
def test_everybody_waits_and_no_timer_is_left(backend: str) -> None:
    with pytest.raises(Deadlock, match="no timer is left that could end a wait") as found:
        Simulation(3, backend=backend).run(wait)
    error = found.value
    assert list(error.waits) == ["p1", "p2", "p3"]
    number = f"{session_id('wait', None):032x}"
    for party, other in (("p1", "p2"), ("p2", "p1"), ("p3", "p1")):
        assert error.waits[party][0].startswith(f"session {number}: {other}: receive round 0 for ")
        assert f"\n  {party}: session {number}: {other}: receive round 0" in str(error)


@BACKENDS
def test_retries_towards_a_crashed_peer_keep_no_deadlock_alive(backend: str) -> None:
    async def among_two(node: Node) -> None:
        async with node.session(1, timing="asynchronous", parties=["p1", "p2"]) as session:
            await session.receive(node.peers[0])

    async def meet(node: Node) -> None:
        await node.ready()
        await anyio.sleep_forever()

    async def meet_and_wait(node: Node) -> None:
        await node.ready()
        await among_two(node)

    simulation = Simulation(3, backend=backend)
    simulation.crash("p3", at=1)
    with pytest.raises(Deadlock, match="nobody has made any progress for 330 s") as found:
        simulation.run({"p1": meet_and_wait, "p2": meet_and_wait, "p3": meet})
    assert list(found.value.waits) == ["p1", "p2"]


@BACKENDS
def test_a_wait_that_ends_by_itself_is_none(backend: str) -> None:
    async def patient(node: Node) -> str:
        async with node.session(1, round_timeout=1_000) as session:
            with pytest.raises(RoundTimeout):
                await session.receive(node.peers[0])
        return "over"

    simulation = Simulation(2, backend=backend)
    simulation.partition(["p1"], at=1)
    assert simulation.run(patient).values() == {"p1": "over", "p2": "over"}


@BACKENDS
def test_one_who_sleeps_is_not_in_a_deadlock(backend: str) -> None:
    async def late(node: Node) -> bytes | None:
        async with node.session(1, timing="asynchronous") as session:
            if node.party == "p1":
                await anyio.sleep(3_000)
                await session.send("p2", b"late")
                return None
            return await session.receive("p1")

    assert Simulation(2, backend=backend).run(late).values() == {"p1": None, "p2": b"late"}


@BACKENDS
def test_a_fault_that_is_still_to_come_may_end_it(backend: str) -> None:
    async def program(node: Node) -> str:
        async with node.session(1, timing="asynchronous") as session:
            with pytest.raises(PeerUnreachable):
                await session.receive(node.peers[0])
        return "over"

    simulation = Simulation(2, backend=backend)
    simulation.crash("p2", at=2_000)
    assert simulation.run(program).returned == {"p1": "over"}


@BACKENDS
def test_what_never_ends_is_ended_by_the_limit(backend: str) -> None:
    async def endless(_: Node) -> None:
        while True:  # noqa: ASYNC110
            await anyio.sleep(1)

    with pytest.raises(Deadlock, match="the limit of 100 virtual seconds is reached") as found:
        Simulation(2, backend=backend, limit=100).run(endless)
    assert found.value.waits["p1"] == ["no call of a session waits"]
    assert found.value.seconds == pytest.approx(100)


def test_even_one_that_will_not_be_cancelled_ends() -> None:
    """On asyncio, where a loop can be left; trio waits for such a task, as it does without us."""

    async def stubborn(_: Node) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.sleep_forever()

    with pytest.raises(Deadlock, match="no timer is left"):
        Simulation(2).run(stubborn)


def test_a_deadlock_is_found_again_from_its_log(tmp_path: Path) -> None:
    simulation = Simulation(3, seed=5)
    simulation.every_link().latency = 0.05
    simulation.partition(["p1"], at=0.2, until=0.3)
    with pytest.raises(Deadlock):
        simulation.run(wait)
    simulation.log.save(tmp_path / "log")
    again = Simulation.again(Log.load(tmp_path / "log"))
    with pytest.raises(Deadlock):
        again.run(wait)
    assert simulation.log.difference(again.log) is None


def test_a_link_that_changes_on_the_way_leaves_the_scenario_as_it_began() -> None:
    simulation = Simulation(2, seed=5)

    async def program(node: Node) -> None:
        async with node.session(1) as session:
            await session.exchange(dict.fromkeys(node.peers, b"x"))
            simulation.every_link().latency = 3.0

    simulation.run(program)
    assert simulation.log.scenario["links"] == {"*": {}}
