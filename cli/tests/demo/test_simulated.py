"""Hospitals on a bad network: whoever crashes, the result is exact, or it is named why not."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from io import StringIO
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from partywire.errors import Deadlock, PeerAborted, PeerUnreachable
from partywire_cli.demo.endings import DealersDiffer, TooFewLeft
from partywire_cli.demo.hospitals import HospitalsFailed, JointFit, Outcome
from partywire_cli.demo.protocol import STEPS, Step
from partywire_cli.demo.records import Record, deal, load
from partywire_cli.demo.regression import Ridge
from partywire_cli.demo.report import Comparison
from partywire_cli.demo.simulated import BadNetwork, Crash, simulate
from partywire_cli.demo.watching import Watching
from partywire_inmemory import party_names

if TYPE_CHECKING:
    from partywire_cli.demo.part import OnPeerFailure

FEATURES = 4
PARTIES = party_names(4)
LEFT = ("p1", "p2", "p4")
ROUNDS = range(1, len(STEPS) + 1)
NUMBERS = {step: number for number, step in enumerate(STEPS, start=1)}

SEEDS = st.integers(0, 2**32 - 1)
CRASHES = st.builds(Crash, st.sampled_from(PARTIES), round=st.sampled_from(ROUNDS)) | st.builds(
    Crash, st.sampled_from(PARTIES), at=st.floats(0.001, 2.0)
)


@cache
def records(parties: tuple[str, ...]) -> dict[str, list[Record]]:
    """All of the patients and a few of their measurements, which are quick to compute with."""
    short = [Record(record.features[:FEATURES], record.label) for record in load()]
    return deal(short, parties)


def joint_fit(
    parties: tuple[str, ...] = PARTIES, on_peer_failure: OnPeerFailure = "peer"
) -> tuple[JointFit, StringIO]:
    output, ridge = StringIO(), Ridge(FEATURES, hospitals=len(parties))
    watching = Watching(parties, Console(file=output), virtual=True)
    return JointFit(records(parties), ridge, watching, on_peer_failure), output


def run(network: BadNetwork, backend: str = "asyncio") -> tuple[Comparison, Outcome]:
    joint, _ = joint_fit()
    outcome = simulate(joint, network, backend)
    return Comparison.of(joint.records, joint.ridge, outcome.results), outcome


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("number", ROUNDS)
def test_in_whatever_round_one_of_four_crashes_the_others_are_exact(
    number: int, backend: str, seed: int
) -> None:
    network = BadNetwork(seed, latency=0.05, crashes=(Crash("p3", round=number),))
    comparison, outcome = run(network, backend)
    assert outcome.dropped == ("p3",)
    assert tuple(outcome.results) == LEFT
    assert comparison.exact
    assert comparison.fitted == (LEFT if number <= NUMBERS[Step.SHARE] else PARTIES)
    assert comparison.scored == (LEFT if number <= NUMBERS[Step.SCORE] else PARTIES)
    assert outcome.seconds > 60


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS, st.sampled_from([0.0, 0.05]), st.lists(CRASHES, max_size=3))
def test_whatever_crashes_the_results_are_exact_and_alike_or_their_lack_is_named(
    seed: int, loss: float, crashes: list[Crash]
) -> None:
    network = BadNetwork(seed, latency=0.05, jitter=0.1, loss=loss, crashes=tuple(crashes))
    failed = exact_or_named(network)
    assert not failed or len({crash.party for crash in crashes}) > 1


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS, st.lists(CRASHES, max_size=1))
def test_so_they_are_where_those_who_live_give_each_other_up(
    seed: int, crashes: list[Crash]
) -> None:
    """Where no greeting gets through, and the peer is not unreachable either, that is named too."""
    with suppress(Deadlock):
        exact_or_named(BadNetwork(seed, latency=3.0, jitter=3.0, loss=0.3, crashes=tuple(crashes)))


def exact_or_named(network: BadNetwork) -> set[str]:
    """Run it; return who has no result and has not crashed."""
    joint, _ = joint_fit()
    with suppress(HospitalsFailed):
        simulate(joint, network, "asyncio")
    kinds = {type(failure) for failure in joint.failures.values()}
    assert kinds <= {TooFewLeft, DealersDiffer}
    if joint.results:
        assert Comparison.of(joint.records, joint.ridge, joint.results).exact
    return set(joint.failures)


def test_two_of_four_are_too_few_to_multiply_and_the_missing_are_named() -> None:
    joint, _ = joint_fit()
    number = NUMBERS[Step.MULTIPLY]
    network = BadNetwork(1, crashes=(Crash("p3", round=number), Crash("p4", round=number)))
    with pytest.raises(HospitalsFailed) as caught:
        simulate(joint, network, "asyncio")
    assert str(caught.value).splitlines() == [
        "the computation failed",
        *(
            f"  {party}: TooFewLeft: multiplying takes 3 of the 4 parties, and 2 are left; "
            "missing: p3 (PeerUnreachable) and p4 (PeerUnreachable)"
            for party in ("p1", "p2")
        ),
    ]


def test_two_of_four_are_enough_to_open() -> None:
    crashes = (Crash("p3", round=NUMBERS[Step.UNMASK]), Crash("p4", round=NUMBERS[Step.TELL]))
    comparison, outcome = run(BadNetwork(1, crashes=crashes))
    assert (tuple(outcome.results), comparison.exact) == (("p1", "p2"), True)
    assert (comparison.fitted, comparison.scored) == (PARTIES, LEFT)


def test_one_for_all_ends_all_with_the_error_that_each_sees() -> None:
    joint, _ = joint_fit(on_peer_failure="session")
    network = BadNetwork(1, latency=0.05, crashes=(Crash("p3", round=NUMBERS[Step.UNMASK]),))
    with pytest.raises(HospitalsFailed) as caught:
        simulate(joint, network, "asyncio")
    failures = caught.value.failures
    assert tuple(failures) == LEFT
    first = [failure for failure in failures.values() if isinstance(failure, PeerUnreachable)]
    assert {(failure.party, failure.seconds) for failure in first} == {("p3", 60.0)}
    others = [failure for failure in failures.values() if failure not in first]
    assert all(
        isinstance(failure, PeerAborted) and "PeerUnreachable" in failure.says for failure in others
    )


def test_one_for_all_is_no_hindrance_where_nobody_fails() -> None:
    joint, _ = joint_fit(on_peer_failure="session")
    outcome = simulate(joint, BadNetwork(1, latency=0.05), "asyncio")
    assert tuple(outcome.results) == PARTIES


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("latency", [0.0, 0.05, 1.0])
def test_latency_and_loss_change_nothing_in_the_result(latency: float, loss: float) -> None:
    comparison, outcome = run(BadNetwork(5, latency=latency, jitter=latency, loss=loss))
    assert comparison.exact
    assert comparison.fitted == comparison.scored == PARTIES
    assert outcome.seconds >= len(STEPS) * latency


def test_larger_numbers_of_hospitals_spare_as_many_as_their_threshold_says() -> None:
    joint, _ = joint_fit(party_names(7))
    crashes = (Crash("p2", round=1), Crash("p6", at=0.3))
    outcome = simulate(joint, BadNetwork(1, latency=0.05, crashes=crashes), "asyncio")
    comparison = Comparison.of(joint.records, joint.ridge, outcome.results)
    assert comparison.exact
    assert set(outcome.results) == {"p1", "p3", "p4", "p5", "p7"}


def test_one_that_is_done_before_it_crashes_keeps_its_result() -> None:
    comparison, outcome = run(BadNetwork(1, latency=0.05, crashes=(Crash("p3", at=1000.0),)))
    assert (outcome.dropped, comparison.exact) == ((), True)
    assert tuple(outcome.results) == PARTIES


def test_the_lines_have_virtual_times_and_name_the_one_that_stops() -> None:
    joint, output = joint_fit()
    number = NUMBERS[Step.MULTIPLY]
    network = BadNetwork(1, latency=0.05, crashes=(Crash("p3", round=number),))
    simulate(joint, network, "asyncio")
    lines = output.getvalue().splitlines()
    words = [re.split(r"\. |: P", line.partition(" s  ")[2])[0] for line in lines]
    told = [f"round {at} of 9: {step.value}" for at, step in enumerate(STEPS, start=1)]
    gone = [f"{party} goes on without p3, in round 3 (multiply on shares)" for party in LEFT]
    assert sorted(words) == sorted([*told, *gone, "p3 stops, in round 3: multiply on shares"])
    assert [word for word in words if word in told] == told
    times = [float(line.partition(" s  ")[0]) for line in lines]
    assert times == sorted(times)
    assert times[-1] > 60


def test_all_numbers_come_from_the_seed() -> None:
    joint, output = joint_fit()
    again, output_again = joint_fit()
    network = BadNetwork(11, latency=0.05, jitter=0.02, loss=0.1, crashes=(Crash("p3", at=0.4),))
    first, second = simulate(joint, network, "asyncio"), simulate(again, network, "asyncio")
    assert output.getvalue() == output_again.getvalue()
    assert first == second
    assert list(chain(*joint.records.values())) == list(chain(*again.records.values()))
