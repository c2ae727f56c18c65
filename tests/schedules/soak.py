"""Hostile schedules for as long as one likes: ``python -m tests.schedules.soak``.

Those over couriers alone of `core/tests/delivery/test_conversations.py` and those over nodes of
`test_schedules`, in batches. Each batch has a seed of its own; the same seed gives the same batch.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import attrs
from hypothesis import given, seed, settings
from hypothesis.strategies import SearchStrategy

from core.tests.delivery.support import climates as couriers
from core.tests.delivery.support.climates import CLIMATES, TWINS, UNHURRIED_CHECKS
from core.tests.delivery.support.plans import Plan
from core.tests.delivery.support.schedules import plans as plans_over_couriers
from core.tests.delivery.support.tally import TALLY
from tests.schedules import running as nodes
from tests.schedules.plans import plans as plans_over_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@attrs.frozen
class Kind:
    """A kind of schedules: how they are drawn and performed, and how many are in a batch."""

    plans: SearchStrategy[Plan]
    perform: Callable[[Plan], None]
    batch: int


def _kinds() -> Iterator[tuple[str, Kind]]:
    """Yield all kinds, those of one climate one after the other."""
    for name, climate in CLIMATES.items():
        yield f"couriers-{name}", Kind(plans_over_couriers(climate), couriers.perform, 100)
        if climate is TWINS:
            continue  # a simulated network has one place for each id
        for backend in nodes.BACKENDS:
            perform = partial(nodes.perform, backend=backend)
            yield f"{backend}-{name}", Kind(plans_over_nodes(climate), perform, 20)


KINDS = dict(_kinds())
TALLIES = {"couriers": TALLY, **nodes.TALLIES}


def run_batch(kind: Kind, number: int) -> str | None:
    """Run a batch; return how it failed, shrunk, or None."""
    limits = settings(
        max_examples=kind.batch,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=UNHURRIED_CHECKS,
    )

    def perform(plan: Plan) -> None:
        kind.perform(plan)

    try:
        seed(number)(limits(given(kind.plans)(perform)))()
    except Exception:
        return traceback.format_exc()
    return None


def soak(first: int, seconds: float, kinds: Sequence[str]) -> int:
    """Run batches until the time is over, each kind in turn; return how many failed."""
    say(f"soak for {seconds:.0f} s, seed {first}")
    end, number, failed = time.monotonic() + seconds, first, 0
    while number == first or time.monotonic() < end:
        kind = kinds[(number - first) % len(kinds)]
        failure = run_batch(KINDS[kind], number)
        if failure is not None:
            failed += 1
            say(failure)
            say(f"repeat with: make soak SECONDS=0 SEED={number} ARGS='--kind {kind}'")
        number += 1
        if (number - first) % len(KINDS) == 0:
            say(f"seed {number - 1}: {_schedules()} schedules, {failed} batches failed")
    say(f"seeds {first} to {number - 1}: {_schedules()} schedules, {failed} batches failed")
    for name, tally in TALLIES.items():
        if tally.schedules:
            say(f"{name}: {tally}")
    return failed


def _schedules() -> int:
    return sum(tally.schedules for tally in TALLIES.values())


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Read the arguments, soak, and return 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="0 runs one batch")
    parser.add_argument("--seed", type=int, default=0, help="of the first batch")
    parser.add_argument("--kind", choices=KINDS, help="only schedules of that kind")
    given = parser.parse_args()
    kinds = [given.kind] if given.kind else list(KINDS)
    return min(soak(given.seed, given.seconds, kinds), 1)


if __name__ == "__main__":
    sys.exit(main())
