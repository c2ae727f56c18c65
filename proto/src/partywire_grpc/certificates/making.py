"""Certificates of a party, made here: self-signed, or issued by an own CA of that party."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from partywire.delivery.ids import is_party_id
from partywire_grpc.certificates.keys import OwnKey, OwnPublicKey, key_pem

DAY: Final = 24 * 3600.0
YEAR: Final = 365 * DAY
SET_BACK: Final = 3600.0
"""Seconds by which a certificate begins before it is made, as clocks differ."""

_BOTH_ENDS: Final = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH)
_Extension = tuple[x509.ExtensionType, bool]


@attrs.frozen
class Made:
    """A certificate with its private key, which is in no repr."""

    certificate: x509.Certificate
    key: OwnKey = attrs.field(repr=False)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM, not encrypted."""
        return key_pem(self.key)


def self_signed(
    party: str,
    *,
    now: float,
    lifetime: float = YEAR,
    key: OwnKey | None = None,
    carrying: Iterable[x509.ExtensionType] = (),
) -> Made:
    """Make a certificate that can sign no other, of a new key or of one that is given.

    Args:
        party: the id of the party, which is its Common Name and its DNS name.
        now: seconds since 1970; the certificate begins `SET_BACK` before, in whole seconds.
        lifetime: seconds from ``now`` until it ends, in whole seconds too.
        key: the key, where it is there already.
        carrying: further extensions, such as evidence of a verifier; none of them is critical.
    """
    extensions = [*_of_leaf(party), *((each, False) for each in carrying)]
    return _self_signed(party, extensions, now, lifetime, key or new_key())


def authority(party: str, *, now: float, lifetime: float = 10 * YEAR) -> Made:
    """Make an own CA of a party: it issues to that party and its replicas, and is shown by nobody.

    Args:
        party: the id of the party, which is the Common Name of its CA too.
        now: seconds since 1970; the certificate begins an hour before.
        lifetime: seconds from ``now`` until it ends.
    """
    return _self_signed(party, _of_authority(), now, lifetime, new_key())


def issued(party: str, by: Made, *, now: float, lifetime: float = YEAR) -> Made:
    """Make a new key, and a certificate of it by the CA of that party.

    Args:
        party: the party of that CA, or a replica: one label before it, as ``east.alice``.
        by: the CA.
        now: seconds since 1970; the certificate begins an hour before.
        lifetime: seconds from ``now`` until it ends; that the CA lasts as long is not checked.

    Raises:
        ValueError: the CA may not issue to that party.
    """
    key = new_key()
    return Made(certified(party, key.public_key(), by, now=now, lifetime=lifetime), key)


def certified(
    party: str, key: OwnPublicKey, by: Made, *, now: float, lifetime: float = YEAR
) -> x509.Certificate:
    """Make a certificate of a key that is known by its public half, by the CA of that party.

    Args:
        party: the party of that CA, or a replica: one label before it, as ``east.alice``.
        key: the public key. That the party has the other half is not checked.
        by: the CA.
        now: seconds since 1970; the certificate begins an hour before.
        lifetime: seconds from ``now`` until it ends; that the CA lasts as long is not checked.

    Raises:
        ValueError: the CA may not issue to that party.
    """
    owner = str(by.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    if owner not in (party, party.partition(".")[2]):
        raise ValueError(f"the CA of {owner} issues to it and its replicas, and not to {party}")
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    extensions: list[_Extension] = [*_of_leaf(party), (issuer_key, False)]
    return _signed(party, key, extensions, now, lifetime, by.certificate.subject, by.key)


def new_key() -> OwnKey:
    """Make a private key, on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def name_of(party: str) -> x509.Name:
    """Return the distinguished name of a party; raises `ValueError` for what is no party id."""
    if not is_party_id(party):
        raise ValueError(f"{party!r} is no party id")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, party)])


def _self_signed(
    party: str, extensions: list[_Extension], now: float, lifetime: float, key: OwnKey
) -> Made:
    issuer, public = name_of(party), key.public_key()
    return Made(_signed(party, public, extensions, now, lifetime, issuer, key), key)


def _signed(
    party: str,
    key: OwnPublicKey,
    extensions: list[_Extension],
    now: float,
    lifetime: float,
    issuer: x509.Name,
    signer: OwnKey,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(party))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(int(now - SET_BACK), UTC))
        .not_valid_after(datetime.fromtimestamp(int(now + lifetime), UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, SHA256())


def _of_leaf(party: str) -> list[_Extension]:
    """Without keyCertSign, as TLS would otherwise take whatever the key of a pinned leaf signs."""
    return [
        (x509.SubjectAlternativeName([x509.DNSName(party)]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage(_BOTH_ENDS), False),
    ]


def _of_authority() -> list[_Extension]:
    return [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_usage(key_cert_sign=True), True),
    ]


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
