"""``partywire certificate renew``, ``request`` and ``take``: what follows a certificate."""

import time
from pathlib import Path

import click

from partywire.delivery.ids import is_party_id
from partywire.errors import outside_text
from partywire_grpc.certificates.keys import key_pem
from partywire_grpc.certificates.making import DAY, new_key, self_signed
from partywire_grpc.certificates.reading import Leaf
from partywire_grpc.certificates.requests import request_pem
from partywire_grpc.certificates.rules import (
    check_dates,
    check_leaf,
    is_signed_by,
    utc_text,
)
from partywire_grpc_mtls.commands.holding import Holding
from partywire_grpc_mtls.commands.issuing import Issuing, how_long, tell

_FILE = click.Path(path_type=Path)


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
@how_long
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
        _check_issued(former, file)
        made = Issuing.by(authority, party, now, days).of_new_key()
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
def request(file: Path) -> None:
    """Make a new key beside FILE, and a request to the party's own CA for a certificate of it.

    The key stays here, and the CA where it is. What the CA issues is put beside FILE as
    NAME_next.crt, and `certificate take` puts both in its place.
    """
    holding = Holding(file)
    former = holding.shown()
    party, key = _party(former, file), new_key()
    _check_issued(former, file)
    following = holding.next
    following.put_public(following.request, request_pem(party, key), key_pem(key))
    click.echo(f"{following.request}, {following.key}: made beside; nothing is replaced yet")
    click.echo(
        f"Next: take {following.request} to the machine of the CA, and run there: partywire "
        f"certificate issue CA_FILE --party {party} --request {following.request.name}. Put what "
        f"it makes here as {following.certificate}, and run: partywire certificate take {file}"
    )


@click.command()
@click.argument("file", type=_FILE)
def take(file: Path) -> None:
    """Put NAME_next.crt and its key, which lie beside FILE, in its place.

    They are what `renew --new-key` has made, or a CA for a `request`, or what broke off before.
    """
    holding = Holding(file)
    former = holding.shown()
    _take(holding, _party(former, file), former, time.time())


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
        raise click.ClickException(f"{problem}, or ask it by: partywire certificate request {file}")


def _check_issued(leaf: Leaf, file: Path) -> None:
    if is_signed_by(leaf, leaf):
        problem = f"{file} is signed by its own key, and peers know it by that and by no CA"
        raise click.ClickException(f"{problem}; renew it without one")


def _take(holding: Holding, party: str, former: Leaf, now: float) -> None:
    """Put what is beside a certificate in its place, once a peer would take it."""
    leaf = holding.read_next()
    check_leaf(leaf, party, frozenset({party}))
    check_dates(leaf, party, now)
    kept = holding.replace()
    click.echo(f"{holding.certificate}: a new certificate, until {utc_text(leaf.not_after)}")
    tell(holding.certificate)
    click.echo(f"  what was there before is kept: {', '.join(map(str, kept))}")
    others = _for_peers(leaf, former, holding)
    click.echo(f"Next: let the node of {party} read its config again, or start it anew{others}")


def _for_peers(leaf: Leaf, former: Leaf, holding: Holding) -> str:
    """Return what peers need, where the key is the one that they have configured."""
    if leaf.key_sha256 != former.key_sha256:
        return ""
    end = utc_text(former.not_after)
    return f"; give {holding.certificate} to every peer before {end}, when the former one ends"


def _tell_beside(holding: Holding, party: str) -> None:
    following = holding.next
    click.echo(f"{following.certificate}, {following.key}: made beside; nothing is replaced yet")
    tell(following.certificate)
    click.echo(
        f"Next: give {following.certificate} to every peer, who puts it beside the certificate of "
        f"{party} into the same file and reads its config again. When all have done that, run: "
        f"partywire certificate take {holding.certificate}"
    )
