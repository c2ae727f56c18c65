"""No change makes messages dearer unseen: counts have ceilings, which are committed."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CEILINGS = tomllib.loads((HERE / "ceilings.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def counted() -> dict[str, dict[str, dict[str, int]]]:
    """The counts of a process that does nothing else."""
    command = [sys.executable, "-m", "tests.costs"]
    ended = subprocess.run(  # noqa: S603 - this program itself
        command, cwd=HERE.parents[1], capture_output=True, check=True, timeout=50
    )
    found: dict[str, dict[str, dict[str, int]]] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize(
    ("transport", "traffic", "count"),
    [
        (transport, traffic, count)
        for transport, of_transport in CEILINGS.items()
        for traffic, of_traffic in of_transport.items()
        for count in of_traffic
    ],
)
def test_messages_cost_at_most_what_is_committed(
    counted: dict[str, dict[str, dict[str, int]]], transport: str, traffic: str, count: str
) -> None:
    ceiling = CEILINGS[transport][traffic][count]
    found = counted[transport][traffic][count]
    assert 0 < found <= ceiling, (
        f"{count} of 1,000 messages, {traffic} over {transport}: {found:,}, and {ceiling:,} are "
        "the ceiling in tests/costs/ceilings.toml"
    )


def test_every_count_has_a_ceiling(
    counted: dict[str, dict[str, dict[str, int]]],
) -> None:
    def names(counts: dict[str, dict[str, dict[str, int]]]) -> set[tuple[str, str, str]]:
        return {(t, k, c) for t, of_t in counts.items() for k, of_k in of_t.items() for c in of_k}

    assert names(counted) == names(CEILINGS)
