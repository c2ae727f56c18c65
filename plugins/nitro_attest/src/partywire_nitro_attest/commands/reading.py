"""Where a document is: in a file, in a certificate in one, or in that of a server."""

import os
import stat
from pathlib import Path
from typing import Final

import anyio
import attrs
import click
from cryptography import x509

from partywire.errors import EvidenceInvalid, TransportError
from partywire_grpc.addresses import Address, parse_address
from partywire_grpc.certificates.reading import read_leaf, spki_of
from partywire_grpc.looking import look
from partywire_nitro_attest.carriers import Carried, carried_by

MOST_BYTES: Final = 64 << 10
_PEM: Final = b"-----BEGIN CERTIFICATE-----"
_SEQUENCE: Final = b"\x30"


@attrs.frozen
class Read:
    """What a file holds, or what a server shows.

    Attributes:
        content: all of it.
        certificate: it as a certificate, where it is one.
        server: who has shown that certificate, and has proved by TLS that it holds its key.
    """

    content: bytes = attrs.field(repr=False)
    certificate: x509.Certificate | None = None
    server: Address | None = None

    @property
    def key(self) -> bytes | None:
        """The key of the certificate: a SubjectPublicKeyInfo in DER; None where there is none."""
        if self.certificate is None:
            return None
        return spki_of(self.certificate.public_key())

    def carried(self) -> Carried | None:
        """Return how the document comes in the certificate; None where the file is no certificate.

        Raises:
            Refused: it is a certificate, and not exactly one document is in it.
        """
        return None if self.certificate is None else carried_by(self.certificate)


def read(source: str) -> Read:
    """Return what is in a file, or what is shown at ``host:port``; a file of that name goes first.

    Raises:
        click.ClickException: the file cannot be read, or is too large; or no certificate is shown
            at that address within `looking.PATIENCE`.
    """
    file = Path(source)
    try:
        address = None if os.path.lexists(file) else parse_address(source)
    except ValueError:
        address = None
    return _read_file(file) if address is None else _shown(address)


def _shown(address: Address) -> Read:
    """Return the certificate of a server, which TLS has proved to be that of its key."""
    try:
        der = anyio.run(look, str(address), address)
        certificate = read_leaf(der, str(address)).parsed
    except (TransportError, EvidenceInvalid) as error:
        raise click.ClickException(error.problem) from error
    return Read(der, certificate, address)


def _read_file(file: Path) -> Read:
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
