"""COSE_Sign1 (RFC 9052) as the Nitro Security Module makes it: what was signed, and by which key.

There is one algorithm and one header, compared byte for byte. So there is nothing to negotiate, and
nothing that the signature does not cover.
"""

from collections.abc import Mapping
from typing import Final

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from partywire_nitro_attest.cbor import Item, Key, decode
from partywire_nitro_attest.refusals import Refusal, refused

MAX_SIZE: Final = 12288
"""Bytes of a document, at most: the security module answers with 0x3000 bytes."""
PROTECTED: Final = bytes.fromhex("a1013822")
"""The protected header: algorithm -35, which is ECDSA on P-384 with SHA-384."""

_TAG: Final = b"\xd2"
_CONTEXT: Final = b"\x84\x6aSignature1\x44" + PROTECTED + b"\x40"
_HALF: Final = 48
_ORDER: Final = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    16,
)


@attrs.frozen
class Envelope:
    """A document that was taken apart; nothing of it is believed.

    Attributes:
        payload: what was signed.
        signature: r and s, 48 bytes each.
        fields: the payload's map, decoded.
    """

    payload: bytes = attrs.field(repr=False)
    signature: bytes = attrs.field(repr=False)
    fields: Mapping[Key, Item] = attrs.field(repr=False)


def read_envelope(raw: bytes) -> Envelope:
    """Take a document apart, strictly; no signature is looked at.

    A leading tag 18 is legal, and so is none.

    Args:
        raw: untrusted bytes.

    Raises:
        Refused: at the step ``SIZE`` or ``FORM``.
    """
    if not 1 <= len(raw) <= MAX_SIZE:
        raise refused(Refusal.SIZE, size=len(raw), most=MAX_SIZE)
    items = decode(raw.removeprefix(_TAG))
    if not isinstance(items, list) or len(items) != 4:
        raise refused(Refusal.COSE_ARRAY)
    protected, unprotected, payload, signature = items
    if protected != PROTECTED:
        raise refused(Refusal.COSE_PROTECTED)
    if unprotected != {}:
        raise refused(Refusal.COSE_UNPROTECTED)
    if not isinstance(payload, bytes) or not payload:
        raise refused(Refusal.COSE_PAYLOAD)
    if not isinstance(signature, bytes) or len(signature) != 2 * _HALF:
        raise refused(Refusal.COSE_SIGNATURE)
    fields = decode(payload, open_map=True)
    if not isinstance(fields, dict):
        raise refused(Refusal.PAYLOAD_MAP)
    return Envelope(payload, signature, fields)


def check_signature(envelope: Envelope, key: EllipticCurvePublicKey) -> None:
    """Check that ``key``, which is of P-384, signed the payload.

    Either of the two values of s that go with one r is taken, as the security module writes both.
    So two documents may differ in their signatures alone: the payload tells them apart, and a hash
    of the whole document does not.

    Raises:
        Refused: at the step ``SIGNATURE``.
    """
    r = int.from_bytes(envelope.signature[:_HALF], "big")
    s = int.from_bytes(envelope.signature[_HALF:], "big")
    if not (0 < r < _ORDER and 0 < s < _ORDER):
        raise refused(Refusal.SIGNATURE_RANGE)
    try:
        key.verify(encode_dss_signature(r, s), signed_bytes(envelope.payload), ECDSA(SHA384()))
    except InvalidSignature:
        raise refused(Refusal.SIGNATURE) from None


def signed_bytes(payload: bytes) -> bytes:
    """Return the bytes that a signature covers: the Sig_structure of RFC 9052, 4.4, in CBOR.

    Args:
        payload: at most `MAX_SIZE` bytes.
    """
    size = len(payload)
    if size < 24:
        head = bytes([0x40 + size])
    elif size < 256:
        head = bytes([0x58, size])
    else:
        head = b"\x59" + size.to_bytes(2, "big")
    return _CONTEXT + head + payload
