"""Certificates that carry an attestation document, in an extension.

There are two ways: the document as it is, under the OID that the reference system uses, and wrapped
as a conceptual message (RFC 9999). Who finds both in one certificate cannot know which one counts.
"""

import base64
import binascii
import json
from typing import Final

import attrs
from cryptography import x509

from partywire.errors import EvidenceInvalid
from partywire_nitro_attest.cbor import decode
from partywire_nitro_attest.refusals import UNNAMED

PLAIN: Final = x509.ObjectIdentifier("1.2.840.113549.1.7.2")
"""Whose value is the document itself, not in DER."""
WRAPPED: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.35")
"""``id-pe-cmw``, whose value is a conceptual message in CBOR or JSON."""

_OCTET_STRING: Final = 0x04
_UTF8_STRING: Final = 0x0C


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

    Raises:
        EvidenceInvalid: there is none, there are two, or it is wrapped in a way that is not known.
    """
    try:
        found = [each for each in certificate.extensions if each.oid in (PLAIN, WRAPPED)]
    except Exception as error:  # whatever the library raises at untrusted bytes
        raise _unfit("its extensions cannot be read") from error
    if len(found) != 1:
        how_many = "two attestation documents" if found else "no attestation document"
        raise _unfit(
            f"the certificate carries {how_many}, in {PLAIN.dotted_string} and "
            f"{WRAPPED.dotted_string}"
        )
    value = found[0].value.public_bytes()
    document = value if found[0].oid == PLAIN else _unwrapped(value)
    return Carried(document, found[0].oid)


def _unwrapped(value: bytes) -> bytes:
    """Return what a conceptual message record has: [media type, value, kinds of message]."""
    tag, content = _element(value)
    record: object = None
    if tag == _OCTET_STRING:
        record = decode(content)
    elif tag == _UTF8_STRING:
        record = _from_json(content)
    if not (isinstance(record, list) and len(record) in (2, 3) and isinstance(record[1], bytes)):
        raise _unfit("the conceptual message in the certificate is no record with a value in it")
    return record[1]


def _from_json(content: bytes) -> object:
    try:
        record = json.loads(content)
        if isinstance(record, list) and len(record) > 1 and isinstance(record[1], str):
            padded = record[1] + "=" * (-len(record[1]) % 4)
            record[1] = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (ValueError, RecursionError, binascii.Error):
        raise _unfit("the conceptual message in the certificate is no JSON") from None
    return record


def _element(value: bytes) -> tuple[int, bytes]:
    """Return the tag and the content of one element of DER, with nothing after it."""
    size, begin = (value[1], 2) if len(value) > 1 else (0, 0)
    if size >= 0x80:
        begin = 2 + size - 0x80
        size = int.from_bytes(value[2:begin])
    if begin == 0 or len(value) != begin + size:
        raise _unfit("the conceptual message in the certificate is not one element of DER")
    return value[0], value[begin:]


def _unfit(problem: str) -> EvidenceInvalid:
    return EvidenceInvalid(UNNAMED, problem)
