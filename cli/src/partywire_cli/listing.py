"""``partywire plugins``."""

import json
from collections.abc import Sequence

import click
from rich import box
from rich.console import Console
from rich.table import Table

from partywire.plugins import Installed, Plugins

HEADINGS = ("kind", "name", "distribution", "version")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of objects.")
def plugins(as_json: bool) -> None:
    """List the installed plugins, without importing any.

    A name that two distributions claim is listed twice; neither can be used.
    """
    installed = Plugins().installed()
    if as_json:
        objects = [dict(zip(HEADINGS, row(each), strict=True)) for each in installed]
        click.echo(json.dumps(objects, indent=2))
    else:
        show(installed, Console(markup=False))


def show(installed: Sequence[Installed], console: Console) -> None:
    """Print a table, or plain lines of aligned columns where the console is no terminal."""
    rows = [row(each) for each in installed]
    if not rows:
        console.print("no plugins are installed")
    elif console.is_terminal:
        table = Table(*HEADINGS, box=box.SIMPLE_HEAD)
        for cells in rows:
            table.add_row(*cells)
        console.print(table)
    else:
        for line in aligned([HEADINGS, *rows]):
            console.print(line, highlight=False, soft_wrap=True)


def row(plugin: Installed) -> tuple[str, ...]:
    """What is shown of a plugin, under ``HEADINGS``."""
    return plugin.kind, plugin.name, plugin.distribution, plugin.version


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, every column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in rows
    ]
