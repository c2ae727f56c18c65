"""``partywire attestation``: what a document says, and whether it is true."""

import json
import time
from datetime import UTC, datetime
from typing import Final

import click

from partywire.errors import outside_text
from partywire_grpc.certificates.reading import Leaf
from partywire_nitro_attest.carriers import Carried, carried_by
from partywire_nitro_attest.commands.attesting import development_root, export_ca, measure
from partywire_nitro_attest.commands.describing import Row, certificate_text, described, remarks
from partywire_nitro_attest.commands.options import AT, DEVELOPMENT_ROOT, RELEASE, ROOT, trusted
from partywire_nitro_attest.commands.reading import read
from partywire_nitro_attest.commands.sample import sample
from partywire_nitro_attest.commands.showing import console, show_outcomes, show_rows, warn
from partywire_nitro_attest.commands.steps import Status, Verification, verified
from partywire_nitro_attest.document import Document, read_document
from partywire_nitro_attest.envelope import read_envelope
from partywire_nitro_attest.judging import Trust
from partywire_nitro_attest.policy import Release
from partywire_nitro_attest.refusals import Refusal, Refused
from partywire_nitro_attest.roots import Roots

_UNVERIFIED: Final = "nothing of this was verified: anybody can write such a document"
_ONLY_KEY: Final = (
    "TLS has proved that whoever answers at {} holds the key of its certificate; nothing else was "
    "verified: anybody can write such a document"
)
_NO_RELEASE: Final = "; give --release with the measurements that you trust"
_DEVELOPMENT: Final = "this is of a development module: it proves nothing"


@click.group()
def attestation() -> None:
    """Look at attestation documents of AWS Nitro enclaves."""


attestation.add_command(sample)
attestation.add_command(export_ca)
attestation.add_command(development_root)
attestation.add_command(measure)


@attestation.command()
@click.argument("source", metavar="FILE|HOST:PORT")
def show(source: str) -> None:
    """Print what a document says, in words.

    It is in FILE, as a security module makes it, or in a certificate, in PEM or DER. Or a server
    shows it at HOST:PORT, in its certificate over TLS 1.3 for gRPC; it is sent nothing, and looked
    at for 5 s. Nothing of the document is verified.
    """
    found, to = read(source), console()
    now = time.time()
    carried = None if found.leaf is None else carried_by(found.leaf.parsed)
    document = read_document(read_envelope(carried.document if carried else found.content).fields)
    rows = described(document, now)
    if found.leaf is not None and carried is not None:
        rows = [*_of_certificate(found.leaf, carried, document, now), *rows]
    show_rows(rows, to)
    unverified = _ONLY_KEY.format(found.server) if found.server else _UNVERIFIED
    warn([*remarks(document, now), unverified], to)


def _of_certificate(leaf: Leaf, carried: Carried, document: Document, now: float) -> list[Row]:
    own = document.public_key == leaf.spki
    return [
        ("in certificate", certificate_text(leaf.parsed, now)),
        ("by extension", carried.extension.dotted_string),
        ("its public key", "that of the certificate" if own else "ANOTHER"),
    ]


@attestation.command()
@click.argument("source", metavar="FILE|HOST:PORT")
@RELEASE
@AT
@click.option("--allow-debug", is_flag=True, help="Take an enclave in debug mode, too.")
@ROOT
@DEVELOPMENT_ROOT
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(
    source: str,
    releases: tuple[Release, ...],
    at: datetime | None,
    allow_debug: bool,
    roots: tuple[str, ...],
    development_root: str | None,
    as_json: bool,
) -> None:
    """Verify a document, step by step.

    FILE and HOST:PORT are as for `show`. The exit code is 0 only where all that was checked holds.
    What cannot be checked without a connection is said to be not checked. A certificate is held to
    what every node asks of it: it is in date, ends no later than the one that signed its document,
    can sign no other one, and has the key that the document names. A server has proved to hold it.
    """
    read_from = read(source)
    now = at.replace(tzinfo=UTC).timestamp() if at else time.time()
    trust = Trust(roots=trusted(roots, development_root), allow_debug=allow_debug)
    found = verified(read_from, now=now, trust=trust, releases=releases)
    if as_json:
        click.echo(json.dumps(_as_json(found, now), indent=2))
    else:
        _show(found, trust.roots)
    if found.refused is not None:
        refused = found.refused
        unknown = isinstance(refused, Refused) and refused.refusal is Refusal.RELEASE_UNKNOWN
        raise click.ClickException(f"{refused}{_NO_RELEASE if unknown and not releases else ''}")


def _show(found: Verification, roots: Roots) -> None:
    to = console()
    show_outcomes(found.outcomes, to)
    if roots.development:
        warn([_DEVELOPMENT], to)
    if found.judged is None or found.refused is not None:
        return
    release = found.release.name if found.release else "an image in debug mode"
    rows = [
        ("module", outside_text(found.judged.document.module_id, 128)),
        ("runs", release),
        ("until", _text(found.judged.valid_until)),
        ("SHA-256 of the payload", found.judged.sha256),
    ]
    show_rows(rows, to)


def _as_json(found: Verification, now: float) -> dict[str, object]:
    judged = found.judged
    return {
        "verified": found.refused is None,
        "at": _text(now),
        "steps": [
            {"step": each.step.name.lower(), "status": each.status.value}
            | ({"said": each.said} if each.said else {})
            | ({"code": each.code} if each.code else {})
            for each in found.outcomes
        ],
        "not_checked": [
            each.step.name.lower() for each in found.outcomes if each.status is Status.NOT_CHECKED
        ],
        "document": judged
        and {
            "module_id": judged.document.module_id,
            "timestamp": judged.document.timestamp,
            "debug": judged.document.debug,
            "development": judged.development,
            "release": found.release and found.release.name,
            "valid_until": _text(judged.valid_until),
            "payload_sha256": judged.sha256,
            "pcrs": {str(index): pcr.hex() for index, pcr in judged.document.pcrs.items()},
        },
    }


def _text(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
