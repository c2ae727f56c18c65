"""A certificate, read strictly from what came; nothing that it says is believed yet."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from partywire.errors import EvidenceInvalid, outside_text
from partywire_grpc.certificates.evidence import MAX_CERTIFICATE
from partywire_grpc.certificates.files import MAX_FILE

T = TypeVar("T")

_KEY_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
_UNDERSTOOD: Final = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.SubjectKeyIdentifier,
    x509.AuthorityKeyIdentifier,
)
_Extensions = Mapping[type, x509.Extension[Any]]


@attrs.frozen
class Leaf:
    """What a certificate says: a party's own, or that of a CA of one. Two are equal byte for byte.

    Attributes:
        der: the whole certificate.
        sha256: its SHA-256, in hexadecimal digits.
        version: 1 or 3.
        common_names: every Common Name of the subject, as it came.
        issuer_names: every Common Name of the issuer, as it came.
        dns_names: every DNS name of its SAN, as it came; none where it has no SAN.
        not_before: seconds since 1970 from which it is valid.
        not_after: seconds since 1970 at which it ends.
        key_usages: what its key may be used for, such as ``digital_signature``; None where it does
            not say.
        extended_usages: the same as dotted object identifiers; None where it does not say.
        is_ca: whether it says that it is a CA.
        unknown: the critical extensions that nobody here understands, as object identifiers.
        key_sha256: SHA-256 of its public key, in hexadecimal digits.
        spki: its public key: a SubjectPublicKeyInfo in DER.
        parsed: the certificate as the library has it.
    """

    der: bytes = attrs.field(repr=False)
    sha256: str = attrs.field(eq=False)
    version: int = attrs.field(eq=False)
    common_names: tuple[str, ...] = attrs.field(eq=False)
    issuer_names: tuple[str, ...] = attrs.field(eq=False)
    dns_names: tuple[str, ...] = attrs.field(eq=False)
    not_before: float = attrs.field(eq=False)
    not_after: float = attrs.field(eq=False)
    key_usages: frozenset[str] | None = attrs.field(eq=False)
    extended_usages: frozenset[str] | None = attrs.field(eq=False)
    is_ca: bool = attrs.field(eq=False)
    unknown: tuple[str, ...] = attrs.field(eq=False)
    key_sha256: str = attrs.field(eq=False)
    spki: bytes = attrs.field(eq=False, repr=False)
    parsed: x509.Certificate = attrs.field(eq=False, repr=False)


def read_leaf(der: bytes, expected: str) -> Leaf:
    """Return what a certificate in DER says.

    Its form is checked, and that all parts that are understood can be read. No rule is, and no
    signature.

    Args:
        der: untrusted bytes, at most `MAX_CERTIFICATE`; nothing may follow the certificate.
        expected: the party that it should be of, for the error.

    Raises:
        EvidenceInvalid: the bytes are no such certificate.
    """
    if len(der) > MAX_CERTIFICATE:
        raise EvidenceInvalid(expected, f"a certificate of more than {MAX_CERTIFICATE} bytes")
    return _read(lambda: _leaf(x509.load_der_x509_certificate(der)), expected)


def read_leaves(pem: bytes, expected: str) -> tuple[Leaf, ...]:
    """Return what each certificate of a file in PEM says, at least one; text around them is passed.

    Args:
        pem: untrusted bytes, at most `MAX_FILE`.
        expected: the party that they should be of, for the error.

    Raises:
        EvidenceInvalid: there is no certificate, one of them cannot be read, or there is a private
            key, which is nobody's business but its owner's.
    """
    if len(pem) > MAX_FILE:
        raise EvidenceInvalid(expected, f"a file of certificates of more than {MAX_FILE} bytes")
    if b"PRIVATE KEY-----" in pem:
        raise EvidenceInvalid(expected, "a private key is in it, which belongs to its owner alone")
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        raise EvidenceInvalid(expected, "no certificate in PEM is in it")
    found = _read(lambda: x509.load_pem_x509_certificates(pem), expected)
    return tuple(read_leaf(each.public_bytes(Encoding.DER), expected) for each in found)


def spki_of(key: CertificatePublicKeyTypes) -> bytes:
    """Return a public key as a SubjectPublicKeyInfo in DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _read(reading: Callable[[], T], expected: str) -> T:
    """Return what ``reading`` does; whatever the library raises at untrusted bytes is a refusal."""
    try:
        return reading()
    except x509.InvalidVersion as error:
        problem = f"the certificate is of X.509 version {error.parsed_version + 1}, and not of 3"
    except Exception as error:
        problem = f"the certificate cannot be read: {outside_text(str(error), 128)}"
    raise EvidenceInvalid(expected, problem)


def _leaf(parsed: x509.Certificate) -> Leaf:
    der = parsed.public_bytes(Encoding.DER)
    extensions = {type(extension.value): extension for extension in parsed.extensions}
    spki = spki_of(parsed.public_key())
    return Leaf(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        version=parsed.version.value + 1,
        common_names=_common_names(parsed.subject),
        issuer_names=_common_names(parsed.issuer),
        dns_names=_dns_names(extensions),
        not_before=parsed.not_valid_before_utc.timestamp(),
        not_after=parsed.not_valid_after_utc.timestamp(),
        key_usages=_key_usages(extensions),
        extended_usages=_extended_usages(extensions),
        is_ca=_is_ca(extensions),
        unknown=tuple(
            extension.oid.dotted_string
            for extension in parsed.extensions
            if extension.critical and not isinstance(extension.value, _UNDERSTOOD)
        ),
        key_sha256=hashlib.sha256(spki).hexdigest(),
        spki=spki,
        parsed=parsed,
    )


def _common_names(name: x509.Name) -> tuple[str, ...]:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return tuple(each.value if isinstance(each.value, str) else "" for each in found)


def _dns_names(extensions: _Extensions) -> tuple[str, ...]:
    names = extensions.get(x509.SubjectAlternativeName)
    return tuple(names.value.get_values_for_type(x509.DNSName)) if names else ()


def _key_usages(extensions: _Extensions) -> frozenset[str] | None:
    usage = extensions.get(x509.KeyUsage)
    if usage is None:
        return None
    return frozenset(name for name in _KEY_USAGES if getattr(usage.value, name))


def _extended_usages(extensions: _Extensions) -> frozenset[str] | None:
    usage = extensions.get(x509.ExtendedKeyUsage)
    return frozenset(each.dotted_string for each in usage.value) if usage else None


def _is_ca(extensions: _Extensions) -> bool:
    constraints = extensions.get(x509.BasicConstraints)
    return constraints is not None and bool(constraints.value.ca)
