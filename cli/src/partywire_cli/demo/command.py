"""``partywire demo``."""

import sys
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import click
from rich.console import Console

from .hospitals import HospitalsFailed, run_hospitals
from .protocol import Result
from .records import deal, feature_names, load
from .regression import Ridge
from .report import Comparison, print_report
from .saying import say
from .watching import Watching

HOSPITALS = ("north", "south", "east", "west")


@click.command()
@click.option(
    "--backend",
    type=click.Choice(["asyncio", "trio"]),
    default="asyncio",
    show_default=True,
    help="The event loop to run on.",
)
@click.option(
    "--transport",
    type=click.Choice(["inmemory"]),
    default="inmemory",
    show_default=True,
    help="What carries the messages.",
)
@click.option(
    "--seed",
    type=int,
    help="Make the run repeatable. Its secrets can then be guessed: never with real records.",
)
@click.option(
    "--pace",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Slow every round down by so much, to watch it.",
)
def demo(backend: str, transport: str, seed: int | None, pace: float) -> None:
    """Four hospitals fit a classifier on records that they show nobody.

    Each has a part of a public data set, and a node of its own in this process. Exits with 0 only
    if the result is exactly that of the plain computation.
    """
    console = Console()
    records = deal(load(), HOSPITALS)
    ridge = Ridge(features=len(feature_names()), hospitals=len(HOSPITALS))
    watching = Watching(HOSPITALS, console, pace)
    _print_introduction(console, {name: len(own) for name, own in records.items()}, seed, transport)
    compute = partial(run_hospitals, records, ridge, watching, seed)
    try:
        results = _run(compute, backend)
    except HospitalsFailed as failed:
        raise click.ClickException(str(failed)) from failed
    comparison = Comparison.of(records, ridge, results)
    traffic = {name: seat.now for name, seat in watching.seats.items()}
    print_report(console, comparison, traffic)
    sys.exit(0 if comparison.exact else 1)


def _run(compute: Callable[[], Awaitable[dict[str, Result]]], backend: str) -> dict[str, Result]:
    """Run the event loop. Trio raises Ctrl-C inside of it, where task groups wrap it up."""
    try:
        return anyio.run(compute, backend=backend)
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise


def _print_introduction(
    console: Console, counts: dict[str, int], seed: int | None, transport: str
) -> None:
    who = ", ".join(f"{name} ({count} records)" for name, count in counts.items())
    threshold = (len(counts) - 1) // 2
    lines = [
        f"Hospitals: {who}. Transport: {transport}.",
        "Data: Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street, "
        "UCI Machine Learning Repository; cited as CC BY 4.0.",
        f"Secret sharing: Shamir's. Any {threshold} of the {len(counts)} hospitals learns nothing "
        "but the result, as long as all follow the protocol.",
    ]
    if seed is not None:
        lines.append("The randomness comes from --seed: whoever knows it can compute every secret.")
    for line in lines:
        say(console, line)
