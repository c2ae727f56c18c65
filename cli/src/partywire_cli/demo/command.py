"""``partywire demo``."""

import secrets
import sys

import anyio
import click
from rich.console import Console

from partywire_inmemory import party_names

from . import circumstances
from .hospitals import HospitalsFailed, JointFit, OnPeerFailure, Outcome, run_hospitals
from .options import check_parties, duration, rounds
from .options import crashes as read_crashes
from .protocol import shamir_for
from .records import deal, feature_names, load
from .regression import Ridge
from .report import Comparison, print_report, verdict
from .saying import say
from .simulated import BadNetwork, Crash, simulate
from .watching import Watching

HOSPITALS = ("north", "south", "east", "west")
FEWEST, MOST = 4, 16


@click.command()
@click.option(
    "--parties",
    type=click.IntRange(FEWEST, MOST),
    metavar="N",
    help=f"Deal the records to N hospitals, p1 to pN; {FEWEST} to {MOST}.",
)
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
    "--pace",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Slow every round down by so much, to watch it. Not for a simulation.",
)
@click.option(
    "--on-peer-failure",
    type=click.Choice(["peer", "session"]),
    default="peer",
    show_default=True,
    help="Whether the others go on without a hospital that fails, or all end.",
)
@click.option(
    "--seed",
    type=int,
    help="Simulate. All chance comes from it, the secrets too: never with real records.",
)
@click.option(
    "--latency",
    callback=duration,
    metavar="TIME",
    help="Simulate. How long everything is on its way: 50ms, 0.05s.",
)
@click.option(
    "--jitter",
    callback=duration,
    metavar="TIME",
    help="Simulate. Up to so much longer.",
)
@click.option(
    "--loss",
    type=click.FloatRange(0, 1),
    metavar="PROBABILITY",
    help="Simulate. How much gets lost, and is sent again.",
)
@click.option(
    "--crash",
    "crashes",
    callback=read_crashes,
    multiple=True,
    metavar="PARTY@WHEN",
    help="Simulate. A hospital dies as it enters a round (p3@2) or at a time (p3@2.5s; that "
    "takes a --latency, for without one no time passes). May be repeated, once for each hospital. "
    f"The rounds: {rounds()}.",
)
def demo(
    parties: int | None,
    backend: str,
    transport: str,
    pace: float,
    on_peer_failure: OnPeerFailure,
    seed: int | None,
    latency: float | None,
    jitter: float | None,
    loss: float | None,
    crashes: tuple[Crash, ...],
) -> None:
    """Hospitals fit a classifier on records that they show nobody.

    They are four, each with a part of a public data set and a node of its own in this process.
    With one of the options that simulate they are p1 to p4, and all happens on a network as bad as
    these say, on virtual time; the same seed gives the same output on asyncio.

    Exits with 0 only if the result is exactly that of the plain computation, at every hospital that
    did not crash.
    """
    network = _network(seed, latency, jitter, loss, crashes)
    if network and pace:
        raise click.UsageError("--pace is for real time, and a simulation has virtual time")
    names = party_names(parties or FEWEST) if network or parties else HOSPITALS
    check_parties(crashes, names)
    console, records = Console(), deal(load(), names)
    ridge = Ridge(features=len(feature_names()), hospitals=len(names))
    watching = Watching(names, console, pace, virtual=network is not None)
    joint = JointFit(records, ridge, watching, on_peer_failure)
    _introduce(console, joint, transport, network)
    try:
        outcome = _run(joint, backend) if network is None else simulate(joint, network, backend)
    except HospitalsFailed as failed:
        raise click.ClickException(str(failed)) from failed
    sys.exit(0 if _report(console, joint, outcome, network) else 1)


def _network(
    seed: int | None,
    latency: float | None,
    jitter: float | None,
    loss: float | None,
    crashes: tuple[Crash, ...],
) -> BadNetwork | None:
    """The network that the options ask for; None where no option asks for one."""
    if not crashes and all(value is None for value in (seed, latency, jitter, loss)):
        return None
    chosen = secrets.randbelow(2**32) if seed is None else seed
    return BadNetwork(chosen, latency or 0.0, jitter or 0.0, loss or 0.0, crashes)


def _run(joint: JointFit, backend: str) -> Outcome:
    """Run the event loop. Trio raises Ctrl-C inside of it, where task groups wrap it up."""
    try:
        return anyio.run(run_hospitals, joint, backend=backend)
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise


def _introduce(
    console: Console, joint: JointFit, transport: str, network: BadNetwork | None
) -> None:
    counts = {name: len(own) for name, own in joint.records.items()}
    lines = [circumstances.hospitals(counts, transport), circumstances.DATA]
    lines += circumstances.sharing(shamir_for(joint.ridge))
    if network:
        lines += circumstances.simulation(network)
    for line in lines:
        say(console, line)


def _report(
    console: Console, joint: JointFit, outcome: Outcome, network: BadNetwork | None
) -> bool:
    """Print what came of it; whether it is what it should be."""
    if not outcome.results:
        raise click.ClickException("every hospital crashed, so that nobody has a result")
    comparison = Comparison.of(joint.records, joint.ridge, outcome.results)
    traffic = {name: seat.now for name, seat in joint.watching.seats.items()}
    print_report(console, comparison, traffic)
    if network:
        for line in circumstances.end(network, outcome, traffic.values()):
            say(console, line)
    say(console, verdict(comparison))
    return comparison.exact
