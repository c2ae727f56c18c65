"""Every fault, over nodes: what the programs see, and what passes again afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.errors import OptionInvalid, PeerAborted, PeerRestarted, PeerUnreachable
from partywire_inmemory import Simulation

from .programs import BACKENDS, ROUNDS, count, counted, wait

if TYPE_CHECKING:
    from partywire import Node


@BACKENDS
def test_bad_links_lose_nothing_and_repeat_nothing(backend: str) -> None:
    simulation = Simulation(4, seed=3, backend=backend)
    simulation.every_link().set(
        latency=0.05, jitter=0.05, loss=0.1, duplication=0.3, reordering=0.3, bandwidth=1e5
    )
    result = simulation.run(count)
    assert result.values() == dict.fromkeys(simulation.parties, counted(3))
    happened = {event.what for event in result.log}
    assert {"lost", "again", "overtaken"} <= happened


@BACKENDS
def test_a_large_message_takes_the_time_of_its_size(backend: str) -> None:
    async def program(node: Node) -> float:
        async with node.session(1) as session:
            await session.exchange(dict.fromkeys(node.peers, b"both are here"))
            session.next_round()
            if node.party == "p1":
                await session.send("p2", bytes(10 << 20))
            else:
                assert await session.receive("p1") == bytes(10 << 20)
            return anyio.current_time()

    simulation = Simulation(2, backend=backend)
    simulation.link("p1", "p2", one_way=True).bandwidth = 1 << 20
    assert simulation.run(program).values()["p2"] == pytest.approx(10, abs=0.1)


@BACKENDS
def test_a_partition_shorter_than_giving_up_costs_time_only(backend: str) -> None:
    simulation = Simulation(4, seed=3, backend=backend)
    simulation.every_link().latency = 0.05
    simulation.partition(["p1", "p2"], at=0.3, until=40)
    result = simulation.run(count)
    assert result.values() == dict.fromkeys(simulation.parties, counted(3))
    assert 40 < result.seconds < 60


@BACKENDS
def test_a_partition_that_heals_before_connections_break_breaks_none(backend: str) -> None:
    simulation = Simulation(2, seed=3, backend=backend)
    simulation.every_link().latency = 0.05
    simulation.partition(["p1"], at=0.3, until=10)
    result = simulation.run(count)
    assert result.values() == dict.fromkeys(simulation.parties, counted(1))
    assert not [event for event in result.log if event.what == "ended"]


@BACKENDS
def test_a_partition_longer_than_giving_up_fails_the_pairs_through_it(backend: str) -> None:
    async def program(node: Node) -> dict[str, type[Exception]]:
        async with node.session(1, timing="asynchronous") as session:
            await session.send_to_all(b"first")
            await session.gather()
            await anyio.sleep(1)
            session.next_round()
            answers = await session.exchange(
                dict.fromkeys(node.peers, b"second"), on_failure="collect"
            )
            return {party: type(error) for party, error in answers.failures.items()}

    simulation = Simulation(4, seed=3, backend=backend)
    simulation.partition(["p1", "p2"], at=0.5, until=600, breaks_after=0)
    result = simulation.run(program)
    gone = PeerUnreachable
    assert result.values() == {
        "p1": {"p3": gone, "p4": gone},
        "p2": {"p3": gone, "p4": gone},
        "p3": {"p1": gone, "p2": gone},
        "p4": {"p1": gone, "p2": gone},
    }


@BACKENDS
def test_a_half_open_link_is_noticed_by_what_is_not_answered(backend: str) -> None:
    simulation = Simulation(2, seed=3, backend=backend)
    simulation.every_link().latency = 0.05
    simulation.half_open("p1", "p2", at=0.35, until=70)
    result = simulation.run(count)
    assert result.values() == dict.fromkeys(simulation.parties, counted(1))
    ended = [event for event in result.log if event.what == "ended" and event.source == "p1"]
    assert ended
    assert ended[0].time > 30
    assert any(event.what == "vanished" for event in result.log)


@BACKENDS
def test_a_half_open_link_that_stays_so_is_given_up_at_both_ends(backend: str) -> None:
    simulation = Simulation(2, seed=3, backend=backend)
    simulation.every_link().latency = 0.05
    simulation.half_open("p2", "p1", at=0.5)

    async def talk(node: Node) -> None:
        async with node.session(1, timing="asynchronous") as session:
            while True:
                await session.exchange(dict.fromkeys(node.peers, b"x"))
                session.next_round()

    result = simulation.run(talk)
    assert {party: type(error) for party, error in result.raised.items()} == {
        "p1": PeerUnreachable,
        "p2": PeerUnreachable,
    }


@BACKENDS
def test_a_crash_at_the_very_start_happens(backend: str) -> None:
    simulation = Simulation(2, seed=3, backend=backend)
    simulation.crash("p2", at=0)
    result = simulation.run(wait)
    assert result.crashed == ("p2",)
    assert type(result.raised["p1"]) is PeerUnreachable


@BACKENDS
def test_a_crash_in_a_round_leaves_what_was_sent_before_and_nothing_more(backend: str) -> None:
    simulation = Simulation(4, seed=3, backend=backend)
    simulation.every_link().latency = 0.05
    simulation.crash("p3", round=5)
    result = simulation.run(count)
    with_p3 = counted(2) + counted(1, 5)
    assert result.returned == {"p1": with_p3, "p2": with_p3, "p4": with_p3}
    assert result.crashed == ("p3",)
    crash = next(event for event in result.log if event.what == "crash")
    later = [event for event in result.log if event.source == "p3" and event.time > crash.time]
    assert {event.what for event in later} <= {"arrived", "dials"}


@BACKENDS
def test_no_abort_of_a_crashed_party_gets_out(backend: str) -> None:
    async def program(node: Node) -> str:
        async with node.session(1, timing="asynchronous") as session:
            await session.send_to_all(b"hello")
            await session.gather()
            session.next_round()
            try:
                await session.receive("p2" if node.party == "p1" else "p1")
            except (PeerAborted, PeerUnreachable) as error:
                return type(error).__name__
        return ""

    simulation = Simulation(2, backend=backend)
    simulation.crash("p2", at=10)
    result = simulation.run(program)
    assert result.returned == {"p1": "PeerUnreachable"}
    assert result.seconds == pytest.approx(70, abs=1)


@BACKENDS
def test_a_party_that_lives_again_is_a_new_one(backend: str) -> None:
    async def first(node: Node) -> str:
        async with node.session(1, timing="asynchronous") as session:
            await session.send_to_all(b"hello")
            await session.gather()
            session.next_round()
            if node.party != "p3":
                with pytest.raises(PeerRestarted):
                    await session.receive("p3")
                return "first life"
            await anyio.sleep_forever()
        return "never"

    async def second(node: Node) -> str:
        await node.ready(timeout=20)
        return "second life"

    simulation = Simulation(3, backend=backend)
    simulation.every_link().latency = 0.05
    simulation.crash("p3", at=2, restart_after=3, program=second)
    result = simulation.run(first)
    assert result.values() == {"p1": "first life", "p2": "first life", "p3": "second life"}
    assert 5 <= result.seconds < 10


@BACKENDS
def test_a_new_life_that_opens_an_old_session_is_told_why_it_cannot(backend: str) -> None:
    simulation = Simulation(3, seed=1, backend=backend)
    simulation.every_link().latency = 0.05
    simulation.crash("p3", round=5, restart_after=0.1)

    async def program(node: Node) -> dict[str, str]:
        failures = {}
        async with node.session(1, timing="asynchronous") as session:
            for _ in range(10):
                everybody = dict.fromkeys(session.peers, b"x")
                answers = await session.exchange(everybody, on_failure="collect")
                failures.update({party: str(error) for party, error in answers.failures.items()})
                session.next_round()
        return failures

    failures = simulation.run(program).values()
    assert "p3 was restarted" in failures["p1"]["p3"]
    assert "p3 was restarted" in failures["p2"]["p3"]
    for party in ("p1", "p2"):
        assert f"{party} says: PeerRestarted" in failures["p3"][party]


@BACKENDS
def test_everything_crashes_and_nothing_is_left(backend: str) -> None:
    simulation = Simulation(3, backend=backend)
    for party in simulation.parties:
        simulation.crash(party, round=3)
    result = simulation.run(count)
    assert not result.returned
    assert result.crashed == simulation.parties


@BACKENDS
def test_a_skewed_wall_clock_is_seen_in_the_hello_and_nowhere_else(backend: str) -> None:
    simulation = Simulation(3, backend=backend)
    simulation.skew("p2", -3600.0)
    result = simulation.run(count)
    assert result.values() == dict.fromkeys(simulation.parties, counted(2))


def test_an_abrupt_partition_breaks_at_once() -> None:
    simulation = Simulation(2)
    simulation.partition(["p1"], at=0.0, until=5, breaks_after=0)
    result = simulation.run(count)
    assert result.values() == dict.fromkeys(simulation.parties, counted(1))
    assert 5 <= result.seconds < 20


def test_what_programs_raise_is_an_outcome() -> None:
    async def program(node: Node) -> str:
        if node.party == "p2":
            raise ZeroDivisionError
        return "well"

    result = Simulation(3).run(program)
    assert result.returned == {"p1": "well", "p3": "well"}
    assert list(result.raised) == ["p2"]
    with pytest.raises(ExceptionGroup, match="p2") as group:
        result.values()
    assert group.value.subgroup(ZeroDivisionError)


def test_faults_that_make_no_sense_are_named() -> None:
    simulation = Simulation(2)
    with pytest.raises(OptionInvalid, match="a crash that is planned has to be"):
        simulation.crash("p1")
    with pytest.raises(OptionInvalid, match="a crash has to be at a time or in a round, not both"):
        simulation.crash("p1", at=1, round=1)
    with pytest.raises(OptionInvalid, match="a party has to be one of: p1, p2"):
        simulation.partition(["p9"])
    with pytest.raises(OptionInvalid, match="until has to be after 5"):
        simulation.half_open("p1", "p2", at=5, until=5)
    with pytest.raises(OptionInvalid, match="at has to be a finite number of seconds"):
        simulation.crash("p1", at=-1)


def test_a_simulation_runs_once() -> None:
    simulation = Simulation(2)
    simulation.run(count)
    with pytest.raises(OptionInvalid, match="a simulation has to be new for each run"):
        simulation.run(count)


def test_rounds_are_all_seen() -> None:
    result = Simulation(2).run(count)
    rounds = [event.note for event in result.log if event.what == "round" and event.source == "p1"]
    assert rounds == [str(number) for number in range(ROUNDS + 1)]
