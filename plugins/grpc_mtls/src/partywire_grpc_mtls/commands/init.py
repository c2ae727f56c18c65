"""``partywire init``."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import click

from partywire.delivery.ids import is_party_id
from partywire_grpc.addresses import parse_address
from partywire_grpc.certificates.reading import read_leaves
from partywire_grpc.place import Place, misplaced
from partywire_grpc_mtls.commands.layout import (
    Folders,
    Making,
    Seat,
    all_places,
    deployment,
    own,
    places,
)
from partywire_grpc_mtls.commands.writing import write

_WITHOUT_PARTY: Final = (
    "Missing option '--party'; for your own key: partywire init --self --party alice=0.0.0.0:7000"
)
_LOUD: Final = """\
WARNING: a deployment for tests. Whoever ran this command had the private keys of all parties, and
could be any of them. Never use it where parties do not trust each other: there each of them runs
`partywire init --self`, and they exchange their certificates."""


def seats(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Seat, ...]:
    """Parties with their addresses: a callback of click."""
    return tuple(_seat(text) for text in texts)


@click.command()
@click.argument(
    "folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--self", "alone", is_flag=True, help="Make the key of one party: your own.")
@click.option(
    "--party",
    "parties",
    callback=seats,
    multiple=True,
    metavar="NAME=HOST:PORT",
    help="A party and its address. With --self your own party, and where it listens, such as "
    "alice=0.0.0.0:7000; without it one for each party, as the others reach it.",
)
@click.option(
    "--peer",
    "peers",
    callback=seats,
    multiple=True,
    metavar="NAME=HOST:PORT",
    help="With --self: a peer, and where it is reached; may be repeated.",
)
@click.option(
    "--ca",
    "with_authorities",
    is_flag=True,
    help="Give each party an own CA that issues its certificate, and those of its replicas "
    "(east.alice, where alice is a party). Keep the folder of a CA away from the nodes.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=365,
    show_default=True,
    help="How long certificates last; that of a CA lasts ten years.",
)
def init(
    folder: Path | None,
    alone: bool,
    parties: tuple[Seat, ...],
    peers: tuple[Seat, ...],
    with_authorities: bool,
    days: int,
) -> None:
    """Make keys, certificates and configs for mutual TLS.

    They go into new folders below DIR. With --self they are those of your own party: its key, its
    certificate for the others, and a config to complete with theirs. DIR is the current folder
    unless it is given.

    Without --self they are those of all parties, for a test. Whoever has all keys can be everybody.

    Nothing is ever written over. Keys are readable by their owner alone.
    """
    if not parties:
        raise click.UsageError(_WITHOUT_PARTY)
    making = Making(time.time(), days, with_authorities)
    _check_names([*parties, *peers])
    if not alone and (folder is None or len(parties) < 2 or peers):
        raise click.UsageError(
            "without --self, give DIR and a --party for each of at least two parties, and no "
            "--peer; your own key alone is made by --self"
        )
    if alone and len(parties) != 1:
        raise click.UsageError("--self takes exactly one --party: your own")
    _check_places(places(parties[0], peers) if alone else all_places(parties))
    folders = own(parties[0], peers, making) if alone else deployment(parties, making)
    place = folder or Path()
    write(folders, place)
    _tell(folders, place)
    if alone:
        _next_steps(folders, place, has_peers=bool(peers))
    else:
        click.secho(_LOUD, fg="red", bold=True, err=True)


def _seat(text: str) -> Seat:
    party, _, address = text.partition("=")
    if not is_party_id(party):
        raise click.BadParameter(f"{party!r} is no party id: {_no_id(party)}")
    try:
        return Seat(party, parse_address(address))
    except ValueError as error:
        raise click.BadParameter(f"{address!r} of {party}: {error}") from None


def _no_id(text: str) -> str:
    if is_party_id(text.lower()):
        return f"it is of lower case, as {text.lower()} is"
    if text.strip(".0123456789") == "" and text:
        return "an IP address is none. Write name=host:port, such as alice=10.0.0.7:7000"
    return (
        "lowercase letters, digits, hyphens and dots. Write name=host:port, such as "
        "alice=alice.example:7000"
    )


def _check_names(seats: Sequence[Seat]) -> None:
    names = [seat.party for seat in seats]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise click.UsageError(f"{', '.join(twice)} is given twice; every party has one name")


def _check_places(found: Iterable[Place]) -> None:
    problems = {party: text for place in found for party, text in misplaced(place).items()}
    if problems:
        raise click.UsageError("; ".join(f"{name}: {text}" for name, text in problems.items()))


def _tell(folders: Folders, place: Path) -> None:
    """Print what was written, with the fingerprint of each own certificate."""
    for name, files in folders.items():
        shown = next(file.content for file in files if file.name == f"{name}.crt")
        (leaf,) = read_leaves(shown, name)
        click.echo(f"{place / name}: {', '.join(file.name for file in files)}")
        click.echo(f"  {name}.crt has SHA-256 {leaf.sha256}")


def _next_steps(folders: Folders, place: Path, *, has_peers: bool) -> None:
    """Print what is left to do; the last folder has what peers are given."""
    (party, *_), shown = folders, list(folders)[-1]
    config = place / party / f"{party}.toml"
    anchor = ' (they add anchor = "ca")' if shown != party else ""
    steps = [
        f"give {place / shown / f'{shown}.crt'} to every peer{anchor}",
        f"put theirs into {place / party}, and compare the fingerprints with each of them",
        *([] if has_peers else [f"complete {config}"]),
        f"run: partywire check {config}",
    ]
    click.echo("Next:")
    for number, step in enumerate(steps, 1):
        click.echo(f"  {number}. {step}")
