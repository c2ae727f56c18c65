"""Certificates for tests, sound and odd ones: what `make` is not told is as it should be."""

from __future__ import annotations

from datetime import UTC, datetime
from ssl import DER_cert_to_PEM_cert
from typing import TYPE_CHECKING, Any

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = 86400.0
BOTH_ENDS = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH)
SIGNATURE = ("digital_signature",)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@attrs.frozen
class Held:
    """A certificate and its key, and the certificates that are shown after it."""

    der: bytes
    key: ec.EllipticCurvePrivateKey = attrs.field(factory=_new_key, repr=False)
    beside: tuple[bytes, ...] = ()

    @property
    def pem(self) -> bytes:
        """What a file of certificates has: this one, and those beside it."""
        return "".join(map(DER_cert_to_PEM_cert, (self.der, *self.beside))).encode()

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def subject(self) -> x509.Name:
        return x509.load_der_x509_certificate(self.der).subject


def named(*names: str) -> x509.Name:
    """A distinguished name of these Common Names; none of them is checked."""
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False) for name in names]
    )


def make(
    *names: str,
    now: float,
    by: Held | None = None,
    key: Any = None,
    issuer: x509.Name | None = None,
    dns: Sequence[str] | None = None,
    ca: bool | None = False,
    usages: Sequence[str] | None = SIGNATURE,
    extended: Sequence[x509.ObjectIdentifier] | None = BOTH_ENDS,
    begin: float = -DAY,
    end: float = 30 * DAY,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> Held:
    """Make a certificate of these Common Names.

    Args:
        names: the Common Names of the subject.
        now: seconds since 1970.
        by: who signs it; by itself otherwise.
        key: its key; a new one otherwise.
        issuer: how the issuer is called; as ``by`` is, otherwise.
        dns: the DNS names of its SAN; the first Common Name otherwise, and no SAN where empty.
        ca: what BasicConstraints say; None leaves them out.
        usages: keyUsage; None leaves it out.
        extended: extendedKeyUsage; None leaves it out.
        begin: seconds from ``now`` from which it is valid.
        end: seconds from ``now`` at which it ends.
        more: further extensions, and whether they are critical.
    """
    key = key or _new_key()
    subject = named(*names)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or (by.subject if by else subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(now + begin, UTC))
        .not_valid_after(datetime.fromtimestamp(now + end, UTC))
    )
    for extension, critical in (*_extensions(names, dns, ca, usages, extended), *more):
        builder = builder.add_extension(extension, critical)
    made = builder.sign(by.key if by else key, SHA256())
    return Held(made.public_bytes(Encoding.DER), key)


def authority(name: str, now: float, **changes: Any) -> Held:
    """Make the CA of a party, signed by itself."""
    usual = {"dns": (), "ca": True, "usages": ("key_cert_sign",), "extended": None}
    return make(name, now=now, **{**usual, **changes})


def _extensions(
    names: Sequence[str],
    dns: Sequence[str] | None,
    ca: bool | None,
    usages: Sequence[str] | None,
    extended: Sequence[x509.ObjectIdentifier] | None,
) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    alternatives = names[:1] if dns is None else dns
    if alternatives:
        general = [x509.DNSName(name) for name in alternatives]
        found.append((x509.SubjectAlternativeName(general), False))
    if ca is not None:
        found.append((x509.BasicConstraints(ca=ca, path_length=None), True))
    if usages is not None:
        stated = {name: name in usages for name in _USAGES}
        found.append((x509.KeyUsage(**stated), True))
    if extended is not None:
        found.append((x509.ExtendedKeyUsage(extended), False))
    return found
