"""The page of the docs: a table of rule, mutant and test for each chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.mutants.catalogue import CHAPTERS, MUTANTS, ROOT

if TYPE_CHECKING:
    from tests.mutants.catalogue import Mutant

PAGE: Final = ROOT / "docs/explanation/mutants.md"
_HEAD: Final = """\
# Broken rules and the tests that notice

Each line is a mutant: the core with one rule of the delivery contract broken. `make mutants` takes
them in turn, in a copy of the core, and runs the test named beside each, which has to fail. All
{count} are to be caught. CI runs 12 of them, others with each commit; one that lives fails it.
`make mutants ARGS=--write` writes this page, from the files in `tests/mutants`; a test holds the
two together, and one finds a mutant that does not apply any more.
"""


def page() -> str:
    """Return the page."""
    count = sum(map(len, MUTANTS.values()))
    return "\n".join([_HEAD.format(count=count), *map(_chapter, CHAPTERS)])


def _chapter(name: str) -> str:
    lines = [f"## {CHAPTERS[name]}", "", "| rule | mutant | caught by |", "|---|---|---|"]
    return "\n".join([*lines, *map(_line, MUTANTS[name]), ""])


def _line(mutant: Mutant) -> str:
    path, test = mutant.test.split("::")
    cells = (mutant.rule, mutant.broken, f"`{path}` `{test}`")
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
