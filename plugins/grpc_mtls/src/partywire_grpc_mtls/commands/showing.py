"""A certificate on the console: a table on a terminal, lines elsewhere."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table


def show_certificate(
    described: Mapping[str, str], warnings: Sequence[str], console: Console
) -> None:
    """Print what a certificate says, and what is odd about it. Lines are never cut."""
    if console.is_terminal:
        table = Table(box=box.SIMPLE, show_header=False)
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, text in described.items():
            table.add_row(name, text)
        console.print(table)
    else:
        width = max(map(len, described))
        for name, text in described.items():
            console.print(f"{name.ljust(width)}  {text}", soft_wrap=True)
    for warning in warnings:
        console.print(f"Warning: {warning}", style="yellow", soft_wrap=not console.is_terminal)
