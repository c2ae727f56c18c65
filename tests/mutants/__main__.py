"""Break each rule in turn, run the test that has to notice, and say which mutants live.

Without words all of them are run; with words, those whose text or file holds one. A
sample is drawn from these by a seed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import TYPE_CHECKING

from tests.mutants.catalogue import MUTANTS
from tests.mutants.page import PAGE, page
from tests.mutants.runner import copied, run_mutant, run_tests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.mutants.catalogue import Mutant


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def chosen(words: Sequence[str]) -> list[Mutant]:
    """Return the mutants that one of these words is in, or all."""
    mutants = [mutant for chapter in MUTANTS.values() for mutant in chapter]
    texts = [f"{each.rule} {each.broken} {each.file} {each.test}" for each in mutants]
    return [
        mutant
        for mutant, text in zip(mutants, texts, strict=True)
        if not words or any(word in text for word in words)
    ]


def sampled(mutants: Sequence[Mutant], count: int, seed: str) -> list[Mutant]:
    """Return ``count`` of these, drawn by a seed: the same ones on every machine."""
    return random.Random(seed).sample(mutants, count)


def caught(mutant: Mutant, tree: Path) -> bool:
    """Run one, say how it went, and return whether its test caught it."""
    start = time.monotonic()
    outcome = run_mutant(mutant, tree)
    noticed = outcome.caught_by(mutant.test)
    seconds = time.monotonic() - start
    word = "caught" if noticed else "LIVES "
    say(f"{word} {seconds:4.1f} s  {mutant.rule}: {mutant.broken} ({mutant.test})")
    if not noticed:
        say(outcome.printed)
    return noticed


def main() -> int:
    """Run, and return 1 where a mutant lives."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("words", nargs="*", help="of the mutants to run")
    parser.add_argument("--sample", type=int, metavar="N", help="run no more than N of them")
    parser.add_argument("--seed", default="", help="draws the sample: any text, the same each time")
    parser.add_argument("--write", action="store_true", help="write the page of the docs instead")
    given = parser.parse_args()
    if given.write:
        PAGE.write_text(page(), "utf-8")
        return 0
    mutants = chosen(given.words)
    if given.sample is not None and given.sample < len(mutants):
        mutants = sampled(mutants, given.sample, given.seed)
        say(f"{given.sample} mutants, repeat: make mutants SEED={given.seed} SAMPLE={given.sample}")
    with copied() as tree:
        sound = run_tests(sorted({mutant.test for mutant in mutants}), tree)
        if not sound.passed:
            say(f"the tests do not pass without a mutant:\n{sound.printed}")
            return 1
        alive = [mutant for mutant in mutants if not caught(mutant, tree)]
    say(f"{len(mutants)} mutants, {len(mutants) - len(alive)} caught, {len(alive)} alive")
    return 1 if alive or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
