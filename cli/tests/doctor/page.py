"""The table of mistakes and answers in the docs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from partywire.probing import Status
from tests.architecture.house import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from partywire.probing import Finding

PAGE: Final = ROOT / "docs/reference/doctor.md"
BEGIN: Final = "<!-- answers: written by `make answers` -->\n"
END: Final = "<!-- end of the answers -->\n"
HEAD: Final = "\n| mistake | status | check | what is said | |\n|---|---|---|---|---|\n"
_WORTH_SAYING: Final = frozenset({Status.WARNING, Status.WRONG})
_CHANGING: Final = (
    (re.compile(r"\b([0-9a-f]{64}|[0-9a-f]{96})\b"), "..."),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"), "2026-11-26 12:00:00 UTC"),
    (re.compile(r"127\.0\.0\.1:\d+"), "192.0.2.7:7000"),
    (re.compile(r"127\.0\.0\.1"), "192.0.2.7"),
    (re.compile(r"port \d+"), "port 7000"),
)
"""What is another one in every run, and what stands for it."""


def rows(name: str, findings: Sequence[Finding]) -> list[str]:
    """The lines of one mistake: all that is not well."""
    return [_row(name, each) for each in findings if each.status in _WORTH_SAYING]


def written() -> dict[str, list[str]]:
    """The lines of the page, by mistake."""
    found: dict[str, list[str]] = {}
    for line in _parts()[1].removeprefix(HEAD).splitlines():
        found.setdefault(line.split(" | ")[0].removeprefix("| "), []).append(line)
    return found


def write(answers: Iterable[Sequence[str]]) -> None:
    """Put these into the page."""
    before, _, after = _parts()
    lines = "".join(f"{line}\n" for lines in answers for line in lines)
    PAGE.write_text(f"{before}{BEGIN}{HEAD}{lines}{END}{after}", "utf-8")


def _parts() -> tuple[str, str, str]:
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    table, after = rest.split(END)
    return before, table, after


def _row(name: str, finding: Finding) -> str:
    cells = (finding.said, f"{finding.who} has to {finding.remedy}")
    return f"| {name} | {finding.status} | `{finding.check}` | {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    for changing, instead in _CHANGING:
        text = changing.sub(instead, text)
    return re.sub(r"([\\*\[\]|<>])", r"\\\1", text)
