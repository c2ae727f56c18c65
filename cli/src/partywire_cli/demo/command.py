"""``partywire demo``."""

import sys
from typing import Any

import click
from rich.console import Console

from . import circumstances
from .asked import FEWEST, LIFETIMES, MOST, TRANSPORTS, Asked
from .hospitals import HospitalsFailed, JointFit, Outcome
from .options import check_parties, check_party, duration, rounds
from .options import crashes as read_crashes
from .protocol import shamir_for
from .records import deal, feature_names, load
from .regression import Ridge
from .report import Comparison, print_report, verdict
from .saying import say
from .venues import Venue
from .watching import Watching


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
    type=click.Choice(TRANSPORTS),
    help="What carries the messages: sockets between a process for each hospital, with mutual TLS "
    "(grpc-mtls, the default) or unprotected (grpc-insecure), or this process alone (inmemory, the "
    "default where it is simulated).",
)
@click.option(
    "--reference",
    multiple=True,
    metavar="PARTY",
    help="Put a hospital on the reference system's wire: it and the others call each other message "
    "by message. May be repeated. Only between processes.",
)
@click.option(
    "--attested",
    is_flag=True,
    help="Let each hospital, p1 to p4, attest which program it runs, by a development module: it "
    "shows how that works, and proves nothing.",
)
@click.option(
    "--untrusted-release",
    metavar="PARTY",
    help="Let a hospital of --attested run another program: the others refuse it.",
)
@click.option(
    "--lifetime",
    callback=duration,
    metavar="TIME",
    help=f"How long certificates of --attested last, {LIFETIMES}; 3h as those of an enclave unless "
    "given. They are renewed while the hospitals compute.",
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
    help="Kill a process; or simulate that, in memory. A hospital dies as it enters a round "
    "(south@2) or at a time (south@2.5s; simulated, that takes a --latency, for without one no "
    f"time passes). May be repeated, once for each hospital. The rounds: {rounds()}.",
)
def demo(**options: Any) -> None:  # noqa: ANN401 - by the names of the options
    """Hospitals fit a classifier on records that they show nobody.

    They are four, each with a part of a public data set and an operating-system process of its own.
    They meet over mutual TLS, with keys and certificates that are made for this run.

    With one of the options that simulate they are p1 to p4 in this process, and all happens on a
    network as bad as these say, on virtual time; the same seed gives the same output on asyncio.

    Exits with 0 only if the result is exactly that of the plain computation, at every hospital that
    did not crash.
    """
    asked = Asked(**options)
    venue, names = asked.venue(), asked.names
    check_parties(asked.crashes, names)
    check_party("--reference", asked.reference, names)
    check_party("--untrusted-release", filter(None, [asked.untrusted_release]), names)
    console, records = Console(), deal(load(), names)
    ridge = Ridge(features=len(feature_names()), hospitals=len(names))
    watching = Watching(names, console, venue.pace, virtual=venue.virtual)
    joint = JointFit(records, ridge, watching, asked.on_peer_failure)
    _introduce(console, joint, asked.carrier, venue)
    try:
        outcome = venue.run(joint)
    except HospitalsFailed as failed:
        raise click.ClickException(str(failed)) from failed
    sys.exit(0 if _report(console, joint, outcome, venue) else 1)


def _introduce(console: Console, joint: JointFit, transport: str, venue: Venue) -> None:
    counts = {name: len(own) for name, own in joint.records.items()}
    lines = [circumstances.hospitals(counts, transport), circumstances.DATA]
    lines += circumstances.sharing(shamir_for(joint.ridge))
    for line in [*lines, *venue.introduction()]:
        say(console, line)


def _report(console: Console, joint: JointFit, outcome: Outcome, venue: Venue) -> bool:
    """Print what came of it; whether it is what it should be."""
    if not outcome.results:
        raise click.ClickException("every hospital dropped out, so that nobody has a result")
    comparison = Comparison.of(joint.records, joint.ridge, outcome.results)
    traffic = {name: seat.now for name, seat in joint.watching.seats.items()}
    print_report(console, comparison, traffic, outcome.refused)
    for line in venue.end(outcome, list(traffic.values())):
        say(console, line)
    say(console, verdict(comparison))
    return comparison.exact
