"""``partywire certificate``: what a file says, whether a party may show it, and what follows it."""

import time
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from partywire.errors import EvidenceInvalid
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.files import Unfit, read_public
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_grpc.certificates.rules import check_authority, check_dates, utc_text
from partywire_grpc_mtls.anchors import X509Peer, is_authority_of
from partywire_grpc_mtls.commands.issuing import authority, issue
from partywire_grpc_mtls.commands.renewing import renew, request, take
from partywire_grpc_mtls.commands.showing import show_certificate
from partywire_grpc_mtls.describing import described, warnings
from partywire_grpc_mtls.x509 import X509Verifier

_FILE = click.Path(path_type=Path)
_AUTHORITY: Final = (
    "the certificate is one of a CA; if it is the CA of {0}, peers configure it with "
    'anchor = "ca", and {0} shows one that this CA has issued'
)


@click.group()
def certificate() -> None:
    """Look at certificates, renew them, make an own CA, and let it issue them."""


for _each in (renew, request, take, authority, issue):
    certificate.add_command(_each)


@certificate.command()
@click.argument("file", type=_FILE)
def show(file: Path) -> None:
    """Print what the certificates of a FILE in PEM say, and what is odd about them.

    Compare the fingerprint with the party that it came from, by a way that nobody else can write
    to.
    """
    now, console = time.time(), Console(markup=False, highlight=False)
    for position, leaf in enumerate(_read(file)):
        if position:
            console.print()
        show_certificate(described(leaf, now), warnings(leaf, now), console)


@certificate.command()
@click.argument("file", type=_FILE)
@click.option("--party", required=True, metavar="NAME", help="The party that it has to be of.")
@click.option(
    "--anchor",
    type=_FILE,
    help="What is configured of that party: its certificate, or that of its own CA. Without it "
    "FILE is judged as if it were configured itself.",
)
def check(file: Path, party: str, anchor: Path | None) -> None:
    """Judge the certificate in FILE by all rules, as a node would that is shown it now.

    The exit code is 0 only if a node would take it.
    """
    found = _read(file)
    if len(found) != 1:
        problem = f"{file} holds {len(found)} certificates; a node shows exactly one, and no chain"
        raise EvidenceInvalid(party, problem)
    leaf, now = found[0], time.time()
    if leaf.is_ca and anchor is None:
        check_authority(leaf, party)
        check_dates(leaf, party, now)
        click.echo(
            f'good as the CA of {party}, with anchor = "ca", until {utc_text(leaf.not_after)}'
        )
        return
    until = _judged(leaf, party, anchor or file, now)
    click.echo(f"good as the certificate of {party}, until {utc_text(until)}")
    for problem in warnings(leaf, now):
        click.echo(f"Warning: {problem}", err=True)


def _read(file: Path) -> tuple[Leaf, ...]:
    try:
        return read_leaves(read_public(file), "")
    except (Unfit, EvidenceInvalid) as error:
        raise click.ClickException(f"{file}: {error.problem}") from None


def _judged(leaf: Leaf, party: str, anchor: Path, now: float) -> float:
    """Return until when a node takes it that has this anchor configured."""
    is_ca = any(each.is_ca and each != leaf for each in _read(anchor))
    try:
        peer = X509Peer(anchor, "ca" if is_ca else "configured")
    except ValueError as error:
        raise click.ClickException(str(error.args[0])) from None
    for each in peer.certificates if is_ca else ():
        check_authority(each, party)
    evidence = TlsEvidence(party, "a file", leaf.der)
    try:
        verdict = X509Verifier(party, {party: peer}).verify(evidence, expected=party, now=now)
    except EvidenceInvalid:
        if not is_ca and is_authority_of(party, leaf):
            raise EvidenceInvalid(party, _AUTHORITY.format(party)) from None
        raise
    return verdict.valid_until or leaf.not_after
