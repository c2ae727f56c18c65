"""The form of a certificate that carries a document, and who vouches for it.

There are two modes. In full-auto the party's own CA, whose key is inside of the enclave, issues it.
In semi-auto it is self-signed, and the image of the enclave was signed with the party certificate,
which PCR8 shows.
"""

from datetime import UTC, datetime
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.x509.oid import ExtendedKeyUsageOID

from partywire_grpc.certificates.making import name_of
from partywire_grpc.certificates.reading import Leaf
from partywire_nitro_attest.attester.writing import naming

_BOTH_ENDS: Final = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
_Extension = tuple[x509.ExtensionType, bool]


@attrs.frozen
class FullAuto:
    """The party's own CA: its certificate, and its key on P-256, P-384 or secp256k1."""

    certificate: Leaf
    key: ec.EllipticCurvePrivateKey = attrs.field(repr=False)


@attrs.frozen
class SemiAuto:
    """The certificate of the party, with whose key the image of the enclave was signed."""

    certificate: Leaf


VOUCHING: Final = {FullAuto: "the certificate of its CA", SemiAuto: "its party certificate"}
"""Who vouches in each mode, for people."""


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key for one certificate, on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate_of(
    party: str,
    key: ec.EllipticCurvePrivateKey,
    by: FullAuto | SemiAuto,
    evidence: x509.UnrecognizedExtension,
    begin: float,
    end: float,
) -> x509.Certificate:
    """Return a certificate of a party, which can sign no other.

    Args:
        party: the id of the party.
        key: the key of the certificate.
        by: who vouches for it.
        evidence: the extension that carries the document.
        begin: seconds since 1970 from which it is valid; fractions are dropped.
        end: seconds since 1970 at which it ends; fractions are dropped.
    """
    subject = name_of(party)
    issuer, signer = (
        (by.certificate.parsed.subject, by.key) if isinstance(by, FullAuto) else (subject, key)
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(int(begin), UTC))
        .not_valid_after(datetime.fromtimestamp(int(end), UTC))
    )
    extensions = [*_extensions(party, key), *_vouched(by, key), (evidence, False)]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, SHA384() if isinstance(signer.curve, ec.SECP384R1) else SHA256())


def _extensions(party: str, key: ec.EllipticCurvePrivateKey) -> list[_Extension]:
    """Without keyCertSign, as TLS would otherwise take what the key of a pinned leaf signs."""
    names = x509.SubjectAlternativeName([x509.DNSName(party), x509.DNSName(f"*.{party}")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=True,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return [
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (names, False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage, True),
        (x509.ExtendedKeyUsage(_BOTH_ENDS), False),
    ]


def _vouched(by: FullAuto | SemiAuto, key: ec.EllipticCurvePrivateKey) -> list[_Extension]:
    if isinstance(by, FullAuto):
        return [(_issuer_key(by), False)]
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return [(own, False), (naming(by.certificate.der), False)]


def _issuer_key(by: FullAuto) -> x509.AuthorityKeyIdentifier:
    """Return how the CA calls its key: OpenSSL compares the two, where issuer and subject agree."""
    extensions = by.certificate.parsed.extensions
    try:
        own = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
