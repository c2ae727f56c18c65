"""What ``attestation verify`` is told: times, releases and roots."""

import re
from pathlib import Path
from typing import Final

import click
from cryptography.hazmat.primitives.hashes import SHA256

from partywire_nitro_attest.commands.reading import certificate_in, read_bytes
from partywire_nitro_attest.policy import Release
from partywire_nitro_attest.roots import Roots, are_fingerprints, roots_of

_PCR: Final = re.compile(r"[0-9a-fA-F]{96}", re.ASCII)


def _releases(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Release, ...]:
    return tuple(_release(f"release {number}", text) for number, text in enumerate(texts, 1))


def _release(name: str, text: str) -> Release:
    pcrs = text.split(",")
    if len(pcrs) != 3 or not all(map(_PCR.fullmatch, pcrs)):
        raise click.BadParameter(
            "a release is three PCRs of 96 hexadecimal digits each: PCR0,PCR1,PCR2"
        )
    pcr0, pcr1, pcr2 = map(bytes.fromhex, pcrs)
    try:
        return Release(name, pcr0, pcr1, pcr2)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _fingerprints(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    if not are_fingerprints(texts):
        raise click.BadParameter("a root is named by the SHA-256 of its certificate in DER")
    return texts


def _development(_: click.Context, __: click.Parameter, file: Path | None) -> str | None:
    if file is None:
        return None
    fingerprint = certificate_in(read_bytes(file), file).fingerprint(SHA256()).hex()
    try:
        roots_of((), fingerprint)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return fingerprint


RELEASE: Final = click.option(
    "--release",
    "releases",
    multiple=True,
    callback=_releases,
    metavar="PCR0,PCR1,PCR2",
    help="An image that is trusted, by its three measurements, which count together; may be "
    "repeated.",
)
AT: Final = click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]),
    metavar="YYYY-MM-DDTHH:MM:SS",
    help="Judge as of this time in UTC, such as 2026-06-30T00:33:40; as of now without it.",
)
ROOT: Final = click.option(
    "--root",
    "roots",
    multiple=True,
    callback=_fingerprints,
    metavar="SHA256",
    help="Trust this root beside that of AWS, such as that of another partition; may be repeated.",
)
DEVELOPMENT_ROOT: Final = click.option(
    "--development-root",
    type=click.Path(path_type=Path),
    callback=_development,
    metavar="FILE",
    help="Trust the root of a development module, by its certificate, and no other one.",
)


def trusted(roots: tuple[str, ...], development_root: str | None) -> Roots:
    """Return which roots are trusted: those of AWS, unless a development root is."""
    if roots and development_root is not None:
        raise click.UsageError("beside a --development-root no other --root is trusted")
    return roots_of(roots, development_root)
