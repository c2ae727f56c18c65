"""Certificates that carry an attestation document, in an extension.

There are two ways: the document as it is, under the OID that the reference system uses, and wrapped
as a conceptual message (RFC 9999). Who finds both in one certificate cannot know which one counts.
"""

import base64
import json
import re
from typing import Final

import attrs
from cryptography import x509

from partywire.errors import outside_text
from partywire_nitro_attest.cbor import decode
from partywire_nitro_attest.refusals import Refusal, Refused, refused

PLAIN: Final = x509.ObjectIdentifier("1.2.840.113549.1.7.2")
"""Whose value is the document itself, not in DER."""
WRAPPED: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.35")
"""``id-pe-cmw``, whose value is a conceptual message in CBOR or JSON."""
MEDIA_TYPE: Final = "application/aws-nitro-document"
"""What a conceptual message says that it holds; Veraison, a verifier, calls documents so too."""
EVIDENCE: Final = 4
"""The kind of a conceptual message that is evidence, and nothing else."""

_OCTET_STRING: Final = 0x04
_TAGS: Final = (b"\x04", b"\x0c")
_LONGEST_LENGTH: Final = 5
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


@attrs.frozen
class Carried:
    """A document in a certificate; neither of them was verified.

    Attributes:
        document: the bytes of the document.
        extension: by which extension it came: `PLAIN` or `WRAPPED`.
    """

    document: bytes = attrs.field(repr=False)
    extension: x509.ObjectIdentifier


def carried_by(certificate: x509.Certificate) -> Carried:
    """Return the one document that a certificate carries.

    Whose certificate it is, and what the document says, is not looked at.

    Raises:
        Refused: at the step ``CARRIER``: there is none, there are two, or one is wrapped otherwise.
    """
    try:
        found = [each for each in certificate.extensions if each.oid in (PLAIN, WRAPPED)]
    except Exception as error:  # whatever the library raises at untrusted bytes
        why = outside_text(str(error), 128)
        raise refused(Refusal.CARRIER_UNREADABLE, why=why) from None
    if not found:
        names = {"plain": PLAIN.dotted_string, "wrapped": WRAPPED.dotted_string}
        raise refused(Refusal.CARRIER_ABSENT, **names)
    if len(found) > 1:
        raise refused(Refusal.CARRIER_TWICE)
    value = found[0].value.public_bytes()
    document = value if found[0].oid == PLAIN else _unwrapped(value)
    return Carried(document, found[0].oid)


def _unwrapped(value: bytes) -> bytes:
    """Return what a conceptual message record has: [media type, value, kinds of message]."""
    tag, content = _element(value)
    record = _from_cbor(content) if tag == _OCTET_STRING else _from_json(content)
    if not isinstance(record, list) or len(record) != 3 or not isinstance(record[0], str):
        raise _no_record("it is no array of a text and two more")
    media_type: str = record[0]
    document: object = record[1]
    kind: object = record[2]
    if media_type != MEDIA_TYPE:
        found = outside_text(media_type)
        raise refused(Refusal.CARRIER_MEDIA_TYPE, found=found, wanted=MEDIA_TYPE)
    if type(kind) is not int or kind != EVIDENCE:
        raise _no_record("it is of another kind than evidence")
    if tag != _OCTET_STRING:
        return _from_base64url(document)
    if not isinstance(document, bytes):
        raise _no_record("the document is not bytes")
    return document


def _element(value: bytes) -> tuple[int, bytes]:
    """Return the tag and the content of one element of DER, with nothing after it."""
    if value[:1] in _TAGS:
        for size in range(1, _LONGEST_LENGTH + 1):
            content = value[1 + size :]
            if value[1 : 1 + size] == der_length(len(content)):
                return value[0], content
    raise refused(Refusal.CARRIER_DER)


def der_length(size: int) -> bytes:
    """Return the one way in which DER writes a length."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 + len(octets)]) + octets


def _from_cbor(content: bytes) -> object:
    try:
        return decode(content)
    except Refused as error:
        raise _no_record(error.problem) from None


def _from_json(content: bytes) -> object:
    try:
        return json.loads(content.decode())
    except (ValueError, RecursionError):
        raise _no_record("it is no JSON in UTF-8") from None


def _from_base64url(text: object) -> bytes:
    """Return what stands there in base64url, written as nobody else could have written it."""
    if isinstance(text, str) and _BASE64URL.fullmatch(text) and len(text) % 4 != 1:
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if base64.urlsafe_b64encode(found).decode().rstrip("=") == text:
            return found
    raise _no_record("the document is not in base64url without padding")


def _no_record(why: str) -> Refused:
    return refused(Refusal.CARRIER_RECORD, why=why)
