"""Hostile schedules for as long as one likes: ``python -m core.tests.delivery.soak``.

The schedules and checks of `test_conversations`, in batches. Each batch has a seed of its own; the
same seed gives the same batch.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from typing import TYPE_CHECKING

from hypothesis import given, seed, settings

from core.tests.delivery.support.climates import CLIMATES, UNHURRIED_CHECKS, perform
from core.tests.delivery.support.schedules import plans
from core.tests.delivery.support.tally import TALLY

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 100
"""Schedules in one batch."""


def run_batch(climate: str, number: int) -> str | None:
    """Run a batch; return how it failed, shrunk, or None."""
    limits = settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=UNHURRIED_CHECKS,
    )
    try:
        seed(number)(limits(given(plans(CLIMATES[climate]))(perform)))()
    except Exception:
        return traceback.format_exc()
    return None


def soak(first: int, seconds: float, climates: Sequence[str]) -> int:
    """Run batches until the time is over, each climate in turn; return how many failed."""
    say(f"soak for {seconds:.0f} s, seed {first}")
    end, number, failed = time.monotonic() + seconds, first, 0
    while number == first or time.monotonic() < end:
        climate = climates[(number - first) % len(climates)]
        failure = run_batch(climate, number)
        if failure is not None:
            failed += 1
            say(failure)
            say(f"repeat with: make soak SECONDS=0 SEED={number} ARGS='--climate {climate}'")
        number += 1
        if (number - first) % 10 == 0:
            say(f"seed {number - 1}: {TALLY.schedules} schedules, {failed} batches failed")
    say(f"seeds {first} to {number - 1}: {TALLY}; {failed} batches failed")
    return failed


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Read the arguments, soak, and return 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="0 runs one batch")
    parser.add_argument("--seed", type=int, default=0, help="of the first batch")
    parser.add_argument("--climate", choices=CLIMATES, help="only schedules of that kind")
    given = parser.parse_args()
    climates = [given.climate] if given.climate else list(CLIMATES)
    return min(soak(given.seed, given.seconds, climates), 1)


if __name__ == "__main__":
    sys.exit(main())
