"""An own CA of a party is made, and issues to it and to its replicas.

These are ``partywire certificate authority`` and ``partywire certificate issue``.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import attrs
import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from partywire.delivery.ids import is_party_id
from partywire_grpc.certificates.files import Unfit, read_public
from partywire_grpc.certificates.keys import OwnPublicKey
from partywire_grpc.certificates.making import DAY, Made, certified, issued
from partywire_grpc.certificates.requests import requested_key
from partywire_grpc.certificates.rules import check_authority, check_dates
from partywire_grpc_mtls.commands.holding import Holding
from partywire_grpc_mtls.commands.layout import File, Making, authority_folders
from partywire_grpc_mtls.commands.writing import write

_FILE: Final = click.Path(path_type=Path)

C = TypeVar("C", bound=Callable[..., object])


def how_long(command: C) -> C:
    """Give a command that makes a certificate the option ``--days``."""
    return click.option(
        "--days",
        type=click.IntRange(1, 3650),
        default=365,
        show_default=True,
        help="How long the new certificate lasts; never longer than the CA that issues it.",
    )(command)


@attrs.frozen
class Issuing:
    """A CA that may issue to a party now, and for how many seconds."""

    authority: Made
    party: str
    now: float
    lifetime: float

    @classmethod
    def by(cls, file: Path, party: str, now: float, days: int) -> "Issuing":
        """Read a CA and its key, and check that it may issue to that party.

        Raises `click.ClickException` for files that are not in order, and `EvidenceInvalid` for
        another CA, or one that has ended.
        """
        leaf, key = Holding(file).read()
        check_authority(leaf, party)
        check_dates(leaf, party, now, "the CA")
        return cls(Made(leaf.parsed, key), party, now, min(days * DAY, leaf.not_after - now))

    def of_new_key(self) -> Made:
        """Return a certificate with a new key."""
        return issued(self.party, self.authority, now=self.now, lifetime=self.lifetime)

    def of(self, key: OwnPublicKey) -> x509.Certificate:
        """Return a certificate of a key that somebody else has."""
        return certified(self.party, key, self.authority, now=self.now, lifetime=self.lifetime)


@click.command()
@click.option("--party", required=True, metavar="NAME", help="The party whose CA it is.")
@click.argument(
    "folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path)
)
def authority(party: str, folder: Path | None) -> None:
    """Make an own CA for a party, and nothing else, for ten years.

    Its certificate and its key go into a new folder NAME_ca below DIR, or below the current folder.
    It is for a party whose attester issues its certificates; `partywire init --ca` makes a
    certificate of the party, too.
    """
    _check_id(party)
    authorities = Making(time.time(), 1, with_authorities=True).authorities([party])
    folders = authority_folders(authorities)
    write(folders, folder or Path())
    for name, files in folders.items():
        place = (folder or Path()) / name
        click.echo(f"{place}: {', '.join(file.name for file in files)}")
        tell(place / f"{name}.crt")


@click.command()
@click.argument("authority", metavar="CA_FILE", type=_FILE)
@click.option(
    "--party",
    required=True,
    metavar="NAME",
    help="The party of that CA, or a replica of it, such as east.alice.",
)
@click.option(
    "--request",
    "request",
    type=_FILE,
    help="A request that `certificate request` has made: its key is elsewhere, and stays there.",
)
@click.argument(
    "folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path)
)
@how_long
def issue(
    authority: Path, party: str, request: Path | None, folder: Path | None, days: int
) -> None:
    """Let an own CA issue a certificate to its party, or to a replica of it.

    The key of the CA lies beside CA_FILE. The certificate is of a new key, and both go into a new
    folder NAME below DIR, or below the current folder: it belongs on the machine of that node. With
    --request it is of the key that the request is of, and goes beside that file.
    """
    _check_id(party)
    if request is not None and folder is not None:
        raise click.UsageError("with --request the certificate goes beside it; leave out DIR")
    issuing = Issuing.by(authority, party, time.time(), days)
    if request is not None:
        _answer(request, issuing)
    else:
        _make(folder or Path(), issuing)


def _check_id(party: str) -> None:
    if not is_party_id(party):
        raise click.BadParameter(f"{party!r} is no party id", param_hint="--party")


def tell(file: Path) -> None:
    """Print the fingerprint of the certificate in a file."""
    click.echo(f"  {file.name} has SHA-256 {Holding(file).shown().sha256}")


def _answer(request: Path, issuing: Issuing) -> None:
    try:
        key = requested_key(read_public(request), issuing.party)
    except Unfit as unfit:
        raise click.ClickException(f"{request}: {unfit.problem}") from None
    holding = Holding(request.with_suffix(".crt"))
    made = issuing.of(key).public_bytes(Encoding.PEM)
    holding.put_public(holding.certificate, made, None)
    click.echo(f"{holding.certificate}: issued to {issuing.party}; its key is where it was made")
    tell(holding.certificate)


def _make(place: Path, issuing: Issuing) -> None:
    party, made = issuing.party, issuing.of_new_key()
    files = [
        File(f"{party}.crt", made.certificate_pem),
        File(f"{party}.key", made.key_pem, private=True),
    ]
    write({party: files}, place)
    click.echo(f"{place / party}: {party}.crt, {party}.key")
    tell(place / party / f"{party}.crt")
