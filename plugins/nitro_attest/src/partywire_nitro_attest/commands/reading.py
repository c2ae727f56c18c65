"""Files that hold a document, or a certificate with a document in it."""

import os
import stat
from pathlib import Path
from typing import Final

import attrs
import click
from cryptography import x509

from partywire_nitro_attest.carriers import Carried, carried_by

MOST_BYTES: Final = 64 << 10
_PEM: Final = b"-----BEGIN CERTIFICATE-----"
_SEQUENCE: Final = b"\x30"


@attrs.frozen
class Read:
    """What a file holds.

    Attributes:
        content: all of it.
        certificate: it as a certificate, where it is one.
    """

    content: bytes = attrs.field(repr=False)
    certificate: x509.Certificate | None = None

    def carried(self) -> Carried | None:
        """Return how the document comes in the certificate; None where the file is no certificate.

        Raises:
            Refused: it is a certificate, and not exactly one document is in it.
        """
        return None if self.certificate is None else carried_by(self.certificate)


def read(file: Path) -> Read:
    """Return what is in a file.

    Raises:
        click.ClickException: the file cannot be read, or is too large.
    """
    content = read_bytes(file)
    if _PEM in content or content.startswith(_SEQUENCE):
        return Read(content, certificate_in(content, file))
    return Read(content)


def read_bytes(file: Path) -> bytes:
    """Return what is in a file of 64 KiB at most."""
    try:
        with open(file, "rb", opener=_without_waiting) as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise click.ClickException(f"{file} is no regular file")
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise click.ClickException(f"{file} has more than {MOST_BYTES} bytes; it is no document")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a file, and wait for nobody who may write to it one day."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def certificate_in(content: bytes, file: Path) -> x509.Certificate:
    """Return the first certificate of a file, in PEM or DER."""
    load = x509.load_pem_x509_certificate if _PEM in content else x509.load_der_x509_certificate
    try:
        return load(content)
    except Exception:  # whatever the library raises at untrusted bytes
        raise click.ClickException(f"{file} holds no certificate that can be read") from None
