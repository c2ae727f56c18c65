"""``partywire certificate renew``, ``take`` and ``issue``: what follows a certificate."""

import time
from pathlib import Path
from typing import Final

import click

from partywire.delivery.ids import is_party_id
from partywire.errors import outside_text
from partywire_grpc.certificates.making import DAY, Made, issued, self_signed
from partywire_grpc.certificates.reading import Leaf
from partywire_grpc.certificates.rules import (
    check_authority,
    check_dates,
    check_leaf,
    is_signed_by,
    utc_text,
)
from partywire_grpc_mtls.commands.holding import Holding
from partywire_grpc_mtls.commands.layout import File
from partywire_grpc_mtls.commands.writing import write

_FILE = click.Path(path_type=Path)
_days = click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=365,
    show_default=True,
    help="How long the new certificate lasts; never longer than the CA that issues it.",
)
_LET_READ: Final = "let the node of {} read its config again, or start it anew"


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--ca",
    "authority",
    type=_FILE,
    help="The certificate of the party's own CA, with its key beside it: it issues the new one.",
)
@click.option(
    "--new-key",
    is_flag=True,
    help="Make a new key without a CA. Nothing takes its place before `certificate take`, for "
    "all peers need the new certificate first.",
)
@_days
def renew(file: Path, authority: Path | None, new_key: bool, days: int) -> None:
    """Make a new certificate in the place of the one in FILE, whose key lies beside it.

    Without a CA it is of the same key, and signed by it. With --ca the own CA of the party issues
    it, of a new key. The files before are kept under other names. A node takes what is new when it
    reads its config again.
    """
    if authority and new_key:
        raise click.UsageError("with --ca the key is a new one anyway; leave out --new-key")
    holding, now = Holding(file), time.time()
    former, key = holding.read()
    party = _party(former, file)
    if authority is not None:
        made = _issued(party, authority, now, days)
    else:
        _check_alone(former, file)
        lifetime = days * DAY
        made = self_signed(party, now=now, lifetime=lifetime, key=None if new_key else key)
    holding.next.put(made, with_key=authority is not None or new_key)
    if new_key:
        _tell_beside(holding, party)
    else:
        _take(holding, party, former, now)


@click.command()
@click.argument("file", type=_FILE)
def take(file: Path) -> None:
    """Put what `renew --new-key` made beside FILE in its place; or what broke off before."""
    holding = Holding(file)
    former = holding.shown()
    _take(holding, _party(former, file), former, time.time())


@click.command()
@click.argument("authority", metavar="CA_FILE", type=_FILE)
@click.option(
    "--party",
    required=True,
    metavar="NAME",
    help="The party of that CA, for a new machine, or a replica of it, such as east.alice.",
)
@click.argument(
    "folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path)
)
@_days
def issue(authority: Path, party: str, folder: Path | None, days: int) -> None:
    """Let an own CA issue a certificate of a new key to its party, or to a replica of it.

    The key of the CA lies beside CA_FILE. The certificate and its key go into a new folder NAME
    below DIR, or below the current folder; it belongs on the machine of that node.
    """
    if not is_party_id(party):
        raise click.BadParameter(f"{party!r} is no party id", param_hint="--party")
    made = _issued(party, authority, time.time(), days)
    place = folder or Path()
    files = [
        File(f"{party}.crt", made.certificate_pem),
        File(f"{party}.key", made.key_pem, private=True),
    ]
    write({party: files}, place)
    click.echo(f"{place / party}: {party}.crt, {party}.key")
    _tell(place / party / f"{party}.crt")


def _party(leaf: Leaf, file: Path) -> str:
    """Return whose certificate it is, of a kind that can be made here."""
    names = leaf.common_names
    if len(names) != 1 or not is_party_id(names[0]) or leaf.is_ca:
        raise click.ClickException(f"{file} is no certificate that a party shows")
    if leaf.dns_names != names:
        given = outside_text(", ".join(leaf.dns_names) or "none", 256)
        problem = f"{file} has other DNS names than its party alone: {given}"
        raise click.ClickException(f"{problem}. Have it renewed where it was made")
    return names[0]


def _check_alone(leaf: Leaf, file: Path) -> None:
    if not is_signed_by(leaf, leaf):
        problem = f"{file} was issued by a CA; name the certificate of that CA with --ca"
        raise click.ClickException(f"{problem}, or have it renewed where it was made")


def _issued(party: str, authority: Path, now: float, days: int) -> Made:
    """Let a CA issue a certificate, for as long as it lasts itself at most."""
    leaf, key = Holding(authority).read()
    check_authority(leaf, party)
    check_dates(leaf, party, now, "the CA")
    lifetime = min(days * DAY, leaf.not_after - now)
    return issued(party, Made(leaf.parsed, key), now=now, lifetime=lifetime)


def _take(holding: Holding, party: str, former: Leaf, now: float) -> None:
    """Put what is beside a certificate in its place, once a peer would take it."""
    leaf = holding.read_next()
    check_leaf(leaf, party, frozenset({party}))
    check_dates(leaf, party, now)
    kept = holding.replace()
    click.echo(f"{holding.certificate}: a new certificate, until {utc_text(leaf.not_after)}")
    _tell(holding.certificate)
    click.echo(f"  what was there before is kept: {', '.join(map(str, kept))}")
    click.echo(f"Next: {_LET_READ.format(party)}{_for_peers(leaf, former, holding)}")


def _for_peers(leaf: Leaf, former: Leaf, holding: Holding) -> str:
    """Return what peers need, where the key is the one that they have configured."""
    if leaf.key_sha256 != former.key_sha256:
        return ""
    end = utc_text(former.not_after)
    return f"; give {holding.certificate} to every peer before {end}, when the former one ends"


def _tell_beside(holding: Holding, party: str) -> None:
    following = holding.next
    click.echo(f"{following.certificate}, {following.key}: made beside; nothing is replaced yet")
    _tell(following.certificate)
    click.echo(
        f"Next: give {following.certificate} to every peer, who puts it beside the certificate of "
        f"{party} into the same file and reads its config again. When all have done that, run: "
        f"partywire certificate take {holding.certificate}"
    )


def _tell(file: Path) -> None:
    click.echo(f"  {file.name} has SHA-256 {Holding(file).shown().sha256}")
