"""Run the benchmarks; see `python -m benchmarks --help`."""

from pathlib import Path

import click

from benchmarks.attestation import running as attestation
from benchmarks.figures import Table, as_json
from benchmarks.in_memory import running as in_memory
from benchmarks.setup import running as setup
from benchmarks.wire import running as wire

PARTS = ("memory", "wire", "attestation", "setup")


@click.command()
@click.option("--only", type=click.Choice(PARTS), help="Measure one part.")
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all figures into a file, too.",
)
def main(only: str | None, runs: int, file: Path | None) -> None:
    """Measure speed and memory, and print tables.

    Timings of one machine say little, and those of a busy machine less: compare ratios within one
    run.
    """
    tables: list[Table] = []
    parts = (only,) if only else PARTS
    if "memory" in parts:
        tables.append(Table("In memory", in_memory.measured(runs), "goal"))
    if "wire" in parts:
        tables += wire.tables(runs)
    if "attestation" in parts:
        tables.append(Table("Attestation", attestation.measured(runs), "of judging one"))
    if "setup" in parts:
        tables += setup.tables(runs)
    click.echo("\n\n".join(table.as_markdown() for table in tables))
    if file:
        file.write_text(as_json(tables) + "\n", "utf-8")


if __name__ == "__main__":
    main()
