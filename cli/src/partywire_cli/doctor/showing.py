"""A diagnosis for people: coloured on a terminal, plain lines elsewhere."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from partywire import Diagnosis
from partywire.probing import Finding, Status
from partywire_cli.listing import aligned

STYLES: Final = {
    Status.OK: "green",
    Status.WARNING: "bold yellow",
    Status.WRONG: "bold red",
    Status.UNKNOWN: "dim",
}
_BANNER: Final = "INSECURE: nothing proves who a peer is. Never use this with real secrets"


def show(diagnosis: Diagnosis, console: Console) -> None:
    """Print all of it, and what it comes to."""
    if diagnosis.insecure:
        _line(console, _BANNER, "bold white on red")
    for party, found in ((diagnosis.party, diagnosis.own), *diagnosis.peers.items()):
        heading = f"{party}, this node" if party == diagnosis.party else party
        _line(console, heading, "bold")
        _show(found, console)
    _line(console, summary(diagnosis), "bold" if diagnosis.well else "bold red")


def summary(diagnosis: Diagnosis) -> str:
    """Return in one sentence what it comes to."""
    findings = [each for found in (diagnosis.own, *diagnosis.peers.values()) for each in found]
    wrong = sum(each.status is Status.WRONG for each in findings)
    warned = sum(each.status is Status.WARNING for each in findings)
    warnings = f"; {_counted(warned, 'warning')}" if warned else ""
    if wrong:
        return f"{_counted(wrong, 'thing')} {'is' if wrong == 1 else 'are'} wrong{warnings}"
    return f"nothing is wrong{warnings}"


def _show(found: Sequence[Finding], console: Console) -> None:
    if console.is_terminal:
        table = Table.grid(padding=(0, 2, 0, 0))
        for finding in found:
            for status, check, said in _rows(finding):
                table.add_row("", Text(status, STYLES[finding.status]), check, said)
        console.print(table)
    elif found:
        rows = [("", *row) for finding in found for row in _rows(finding)]
        for line in aligned(rows):
            console.print(line, soft_wrap=True)


def _rows(finding: Finding) -> Iterator[tuple[str, str, str]]:
    yield finding.status.value, finding.check, finding.said
    if finding.remedy:
        yield "", "", f"{finding.who} has to {finding.remedy}"


def _line(console: Console, text: str, style: str) -> None:
    console.print(text, style=style, soft_wrap=True)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
