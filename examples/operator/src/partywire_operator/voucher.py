"""A voucher: what an operator signs of a party's certificate, and where that stands in it.

Signed, by Ed25519, is this; numbers are big-endian:

    size  field
    28    the text ``partywire-operator voucher 1``
    1     length of the party id
    n     the party id
    8     when the certificate begins, in seconds since 1970; below 0 in two's complement
    8     when it ends, likewise
    rest  its public key: a SubjectPublicKeyInfo, in DER

The signature is in the certificate, as an extension that is not critical: an OCTET STRING of 64
bytes. The certificate is signed by its own key, so nobody else can change the rest of it.
"""

import struct
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ExtensionNotFound, ObjectIdentifier, UnrecognizedExtension

from partywire.errors import EvidenceInvalid
from partywire_grpc.certificates.keys import OwnPublicKey
from partywire_grpc.certificates.reading import Leaf

OID: Final = ObjectIdentifier("2.25.253083049062049782463265875535610599087")
"""The extension. Its number was made of a random UUID, for which nobody has to be asked."""

_LABEL: Final = b"partywire-operator voucher 1"
_OCTETS: Final = b"\x04\x40"
"""How an OCTET STRING of 64 bytes begins."""

NONE: Final = "the certificate carries no voucher of an operator"
NOT_BY: Final = (
    "the certificate is not vouched for by the key in this config; ask the operator of {} for the "
    "public key, and compare"
)


def vouch(
    operator: Ed25519PrivateKey, party: str, key: OwnPublicKey, begin: float, end: float
) -> UnrecognizedExtension:
    """Return the extension for a certificate of that party and key.

    ``begin`` and ``end`` are those of the certificate, in seconds since 1970; whole ones count.
    """
    signed = operator.sign(_statement(party, _der(key), begin, end))
    return UnrecognizedExtension(OID, _OCTETS + signed)


def check_voucher(leaf: Leaf, expected: str, operator: Ed25519PublicKey) -> None:
    """Check that an operator vouches for a certificate as that of a party; its dates are not.

    Raises:
        EvidenceInvalid: it carries no voucher, or not by that key and for that party.
    """
    try:
        carried = leaf.parsed.extensions.get_extension_for_oid(OID).value.public_bytes()
    except ExtensionNotFound:
        raise EvidenceInvalid(expected, NONE) from None
    key = leaf.parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    statement = _statement(expected, key, leaf.not_before, leaf.not_after)
    head, signature = carried[: len(_OCTETS)], carried[len(_OCTETS) :]
    try:
        operator.verify(signature if head == _OCTETS else b"", statement)
    except InvalidSignature:
        raise EvidenceInvalid(expected, NOT_BY.format(expected)) from None


def _statement(party: str, key: bytes, begin: float, end: float) -> bytes:
    name = party.encode()
    return _LABEL + bytes([len(name)]) + name + struct.pack(">qq", int(begin), int(end)) + key


def _der(key: OwnPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
