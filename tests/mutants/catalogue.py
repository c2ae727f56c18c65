"""All mutants, by chapter. Each is an entry of one of the TOML files beside this module.

A mutant is a rule of the delivery contract, broken, with the test that has to notice.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import attrs

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "core/src/partywire"
CHAPTERS: Final = {
    "flows": "Flows, numbers, mailboxes",
    "receipts": "Receipts",
    "batches": "Outboxes and batches",
    "sessions": "Sessions and incarnations",
    "bounds": "Early messages, budgets, time",
    "doors": "Who is let in",
    "proofs": "Challenges and proofs",
    "connections": "Connections",
    "changes": "A config that changes",
    "calls": "Calls",
    "outside": "What comes from outside",
}


@attrs.frozen
class Mutant:
    """A change of one file.

    Attributes:
        rule: what the contract promises.
        broken: what the mutant does instead.
        file: below ``core/src/partywire``.
        old: text that stands in the file once.
        new: what stands there in the mutant.
        test: the test that catches it, as pytest names it, without parameters.
    """

    rule: str
    broken: str
    file: str
    test: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """Return the file's text with the rule broken.

        Raises:
            LookupError: it does not apply any more: it is to be written anew, and never passed
                over.
        """
        found = text.count(self.old)
        if found != 1:
            raise LookupError(f"{self.file}: found {found} times and not once:\n{self.old}")
        return text.replace(self.old, self.new)


def read(chapter: str) -> tuple[Mutant, ...]:
    """Return the mutants of a chapter."""
    table = tomllib.loads(Path(__file__).with_name(f"{chapter}.toml").read_text("utf-8"))
    return tuple(Mutant(**entry) for entry in table["mutant"])


MUTANTS: Final = {chapter: read(chapter) for chapter in CHAPTERS}
