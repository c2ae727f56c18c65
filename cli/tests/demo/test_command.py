"""``partywire demo``: its report and its exit code."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from partywire_cli.demo.command import HOSPITALS, demo
from partywire_cli.demo.hospitals import HospitalsFailed
from partywire_cli.demo.protocol import Result
from partywire_cli.demo.regression import count_correct
from partywire_cli.demo.report import percent
from partywire_cli.demo.shamir import InconsistentShares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from partywire_cli.demo.records import Record
    from partywire_cli.demo.regression import Ridge


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_demo_ends_well_and_says_who_learned_what(backend: str) -> None:
    result = CliRunner().invoke(demo, ["--backend", backend])
    assert result.exit_code == 0, result.output
    assert result.output.count(" exactly") == 31 + 1
    assert "CC BY 4.0" in result.output
    for name in HOSPITALS:
        assert f"{name} learned: 31 coefficients" in result.output
    assert result.output.count("It did not learn: any record") == 4
    assert "--seed" not in result.output


@pytest.mark.parametrize(("mistake", "code"), [(0, 0), (1, 1)])
def test_only_an_exact_result_is_a_success(
    monkeypatch: pytest.MonkeyPatch, mistake: int, code: int
) -> None:
    """One hospital's intercept is wrong by 10^-300, or by nothing."""

    async def computed(
        records: Mapping[str, Sequence[Record]], ridge: Ridge, *_: object
    ) -> dict[str, Result]:
        pooled = list(chain(*records.values()))
        plain = ridge.fit(pooled)
        result = Result(plain, 0, 0, count_correct(plain, pooled), len(pooled))
        wrong = (plain[0] + Fraction(mistake, 10**300), *plain[1:])
        return {**dict.fromkeys(HOSPITALS, result), "west": replace(result, coefficients=wrong)}

    monkeypatch.setattr("partywire_cli.demo.command.run_hospitals", computed)
    outcome = CliRunner().invoke(demo, ["--seed", "7"])
    assert outcome.exit_code == code, outcome.output
    assert ("DIFFER" in outcome.output) == bool(mistake)
    assert "whoever knows it can compute every secret" in outcome.output


def test_a_failed_computation_ends_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def failed(*_: object) -> dict[str, Result]:
        raise HospitalsFailed({"west": InconsistentShares("they contradict each other")})

    monkeypatch.setattr("partywire_cli.demo.command.run_hospitals", failed)
    outcome = CliRunner().invoke(demo)
    assert outcome.exit_code == 1
    assert outcome.stderr == (
        "Error: the computation failed\n  west: InconsistentShares: they contradict each other\n"
    )


def test_a_share_of_nothing_has_no_percentage() -> None:
    assert percent(1, 3) == "33.3 %"
    assert percent(0, 0) == "-"
