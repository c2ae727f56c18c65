"""Words on the console: coloured tables on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from partywire_nitro_attest.commands.describing import Row
from partywire_nitro_attest.commands.steps import Outcome, Status

_STYLES: Final = {
    Status.PASSED: "green",
    Status.FAILED: "bold red",
    Status.NOT_CHECKED: "yellow",
    Status.NOT_REACHED: "dim",
}


def console() -> Console:
    """Return a console that prints what it is given, and reads no markup in it."""
    return Console(markup=False, highlight=False)


def show_rows(rows: Sequence[Row], to: Console) -> None:
    """Print a table of names and texts. Lines are never cut."""
    if to.is_terminal:
        table = Table(box=box.SIMPLE, show_header=False)
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, text in rows:
            table.add_row(name, text)
        to.print(table)
        return
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        to.print(f"{name.ljust(width)}  {text}", soft_wrap=True)


def show_outcomes(outcomes: Sequence[Outcome], to: Console) -> None:
    """Print each step, and what came of it."""
    width = max(len(status.value) for status in Status)
    for outcome in outcomes:
        line = Text(outcome.status.value.ljust(width), _STYLES[outcome.status])
        said = f": {outcome.said}" if outcome.said else ""
        code = f" ({outcome.code})" if outcome.code else ""
        line.append(f"  {outcome.step.value}{said}{code}", "")
        to.print(line, soft_wrap=True)


def warn(remarks: Sequence[str], to: Console) -> None:
    """Print what everybody has to see."""
    for remark in remarks:
        to.print(f"Warning: {remark}", style="bold yellow", soft_wrap=True)
