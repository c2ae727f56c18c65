"""``partywire demo``: its report and its exit code."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from partywire.plugins import Plugins
from partywire_cli.demo.asked import HOSPITALS
from partywire_cli.demo.command import demo
from partywire_cli.demo.hospitals import HospitalsFailed, Outcome
from partywire_cli.demo.protocol import Result
from partywire_cli.demo.regression import count_correct
from partywire_cli.demo.report import percent
from partywire_cli.demo.shamir import InconsistentShares

if TYPE_CHECKING:
    from partywire_cli.demo.hospitals import JointFit

IN_MEMORY = ["--transport", "inmemory"]


def test_the_demo_ends_well_and_says_who_learned_what() -> None:
    """On trio; `cli/tests/test_program.py` runs it on asyncio."""
    result = CliRunner().invoke(demo, [*IN_MEMORY, "--backend", "trio"])
    assert result.exit_code == 0, result.output
    assert result.output.count(" exactly") == 31 + 1
    assert "CC BY 4.0" in result.output
    for name in HOSPITALS:
        assert f"{name} learned: 31 coefficients" in result.output
    assert result.output.count("It did not learn: any record") == 4
    assert "--seed" not in result.output
    assert "virtual" not in result.output


@pytest.mark.parametrize(("mistake", "code"), [(0, 0), (1, 1)])
def test_only_an_exact_result_is_a_success(
    monkeypatch: pytest.MonkeyPatch, mistake: int, code: int
) -> None:
    """One hospital's intercept is wrong by 10^-300, or by nothing."""

    async def computed(joint: JointFit) -> Outcome:
        pooled = list(chain(*joint.records.values()))
        plain = joint.ridge.fit(pooled)
        right = count_correct(plain, pooled)
        result = Result(plain, 0, 0, right, len(pooled), fitted=HOSPITALS, scored=HOSPITALS)
        wrong = (plain[0] + Fraction(mistake, 10**300), *plain[1:])
        results = dict.fromkeys(HOSPITALS, result)
        return Outcome({**results, "west": replace(result, coefficients=wrong)}, (), 0)

    monkeypatch.setattr("partywire_cli.demo.venues.run_hospitals", computed)
    outcome = CliRunner().invoke(demo, IN_MEMORY)
    assert outcome.exit_code == code, outcome.output
    assert ("DIFFER" in outcome.output) == bool(mistake)


def test_a_failed_computation_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def failed(_: JointFit) -> Outcome:
        raise HospitalsFailed({"west": InconsistentShares("they contradict each other")})

    monkeypatch.setattr("partywire_cli.demo.venues.run_hospitals", failed)
    outcome = CliRunner().invoke(demo, IN_MEMORY)
    assert outcome.exit_code == 1
    assert outcome.stderr == (
        "Error: the computation failed\n  west: InconsistentShares: they contradict each other\n"
    )


def test_without_the_plugin_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plugins, "installed", lambda _: ())
    outcome = CliRunner().invoke(demo, ["--transport", "grpc-insecure"])
    assert outcome.exit_code == 1
    assert "the transport grpc-insecure is not installed" in outcome.stderr
    assert "pip install 'partywire-cli[grpc-insecure]'" in outcome.stderr


def test_a_share_of_nothing_has_no_percentage() -> None:
    assert percent(1, 3) == "33.3 %"
    assert percent(0, 0) == "-"


def test_a_simulation_says_how_bad_it_is_and_what_was_lost() -> None:
    arguments = ["--seed", "7", "--latency", "50ms", "--jitter", "0.01s", "--loss", "0.05"]
    arguments += ["--crash", "p3@1"]
    result = CliRunner().invoke(demo, arguments)
    assert result.exit_code == 0, result.output
    for words in (
        "threshold 1. Any 1 of the 4 hospitals",
        "To share and to open takes 2 of them: 2 may be missing. "
        "To multiply takes 3: 1 may be missing.",
        "latency 50 ms, jitter 10 ms, 5 % of all frames get lost and p3 crashes in round 1.",
        "--seed 7: all chance comes from that, the secrets too",
        "p3 stops, in round 1: share sums and masks",
        "right answers on the 427 records of p1, p2 and p4",
        "p3 dropped out before its sums were shared: its records are not in the result.",
        "virtual seconds.",
        "agree exactly, at every hospital that is left.",
    ):
        assert words in result.output
    assert "p3 learned" not in result.output


def test_a_seed_that_was_not_given_is_printed_and_repeats_all_output() -> None:
    first = CliRunner().invoke(demo, ["--latency", "1ms"])
    assert first.exit_code == 0, first.output
    seed = re.findall(r"--seed (\d+)", first.output)[0]
    again = CliRunner().invoke(demo, ["--latency", "1ms", "--seed", seed])
    assert again.output == first.output


def test_more_hospitals_in_real_time() -> None:
    result = CliRunner().invoke(demo, [*IN_MEMORY, "--parties", "5"])
    assert result.exit_code == 0, result.output
    assert "p5 learned: 31 coefficients" in result.output
    assert "virtual" not in result.output


def test_a_crash_that_ends_all_is_told_by_everybody_and_ends_with_1() -> None:
    arguments = ["--seed", "7", "--crash", "p3@3", "--on-peer-failure", "session"]
    result = CliRunner().invoke(demo, arguments)
    assert result.exit_code == 1
    head, *told = result.stderr.splitlines()
    assert head == "Error: the computation failed"
    assert [line.split(":")[0] for line in told] == ["  p1", "  p2", "  p4"]
    assert "PeerUnreachable: session " in result.stderr
    assert "p3 is unreachable for 60.0 s" in result.stderr


def test_where_nobody_is_left_that_is_said() -> None:
    crashes = [word for party in "1234" for word in ("--crash", f"p{party}@2")]
    result = CliRunner().invoke(demo, [*IN_MEMORY, *crashes])
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: every hospital dropped out, so that nobody has a result\n",
    )


def test_a_crash_that_comes_too_late_is_told() -> None:
    result = CliRunner().invoke(demo, [*IN_MEMORY, "--crash", "p3@100s"])
    assert result.exit_code == 0, result.output
    assert "p3 did not crash: the run was over before." in result.output
