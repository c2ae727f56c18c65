"""Pairs of processes, one contender after the other, several times."""

import json
import subprocess
import sys
from collections.abc import Sequence

import attrs

from benchmarks.wire.contenders import CONTENDERS
from benchmarks.wire.link import PARTIES
from benchmarks.wire.workloads import WORKLOADS, Workload
from tests.certificates.wallet import common_wallet
from tests.loopback import free_ports

MOST_SECONDS = 300
"""After which a pair is ended."""

Figures = dict[str, dict[str, list[float]]]
"""Values by workload and contender, one a run."""


def measured(runs: int) -> Figures:
    """Run all contenders in turn, so many times."""
    figures: Figures = {}
    for _ in range(runs):
        for name in CONTENDERS:
            for workload, value in pair(name, WORKLOADS).items():
                figures.setdefault(workload, {}).setdefault(name, []).append(value)
    return figures


def pair(name: str, workloads: Sequence[Workload]) -> dict[str, float]:
    """Run both ends of a contender, and return what it measured by workload."""
    share = CONTENDERS[name].share
    work = json.dumps([attrs.asdict(workload.of(share)) for workload in workloads])
    wallet = str(common_wallet(*PARTIES).folder)
    one, other = map(str, free_ports(2))
    with (
        _end(name, "answers", one, other, wallet, work) as answers,
        _end(name, "measures", other, one, wallet, work) as measures,
    ):
        try:
            printed, _ = measures.communicate(timeout=MOST_SECONDS)
            if measures.returncode or answers.wait(MOST_SECONDS):
                raise RuntimeError(f"an end of {name!r} failed; see what it printed")
        finally:
            answers.kill()
            measures.kill()
    found: dict[str, float] = json.loads(printed.splitlines()[-1])
    return found


def _end(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.wire.end", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE)
