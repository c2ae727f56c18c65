"""Extensions of certificates by which a document comes, sound ones and such as have to be refused.

The document itself is sound in all of them.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final

from cryptography import x509

from partywire_nitro_attest.carriers import EVIDENCE, MEDIA_TYPE, PLAIN, WRAPPED
from partywire_nitro_attest.development.cbor import Item, encoded
from partywire_nitro_attest.development.certified import Extension
from partywire_nitro_attest.development.defects.stages import chunked, tagged, widely

Carrying = Callable[[bytes], tuple[Extension, ...]]
"""From a document to the extensions of the certificate that is to carry it."""
Carryings = Mapping[str, Carrying]

_OCTETS: Final = 0x04
_UTF8: Final = 0x0C


def plain(document: bytes) -> Extension:
    """Return the extension whose value is the document itself."""
    return x509.UnrecognizedExtension(PLAIN, document), False


def wrapped(value: bytes) -> Extension:
    """Return the extension of a conceptual message."""
    return x509.UnrecognizedExtension(WRAPPED, value), False


def element(tag: int, content: bytes) -> bytes:
    """Return an element of DER."""
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, 0x80 + len(length)]) + length + content


def _in_cbor(*record: Item, tag: int = _OCTETS) -> tuple[Extension, ...]:
    return (wrapped(element(tag, encoded(record))),)


def _in_json(*record: object) -> tuple[Extension, ...]:
    return (wrapped(element(_UTF8, json.dumps(record).encode())),)


def _text(document: bytes) -> str:
    return urlsafe_b64encode(document).decode().rstrip("=")


def _message(document: bytes) -> bytes:
    return encoded([MEDIA_TYPE, document, EVIDENCE])


def _loosened(text: str) -> str:
    """Return other text of the same bytes, where the last character has bits to spare."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


CARRIED: Final[Carryings] = {
    "as it is": lambda document: (plain(document),),
    "as a message in CBOR": lambda document: _in_cbor(MEDIA_TYPE, document, EVIDENCE),
    "as a message in JSON": lambda document: _in_json(MEDIA_TYPE, _text(document), EVIDENCE),
}
"""Which a verifier takes."""

MISCARRIED: Final[Carryings] = {
    "no extension": lambda _: (),
    "both extensions": lambda document: (
        plain(document),
        wrapped(element(_OCTETS, _message(document))),
    ),
    "an empty extension": lambda _: (wrapped(b""),),
    "a tag alone": lambda _: (wrapped(b"\x04"),),
    "a sequence": lambda document: (wrapped(element(0x30, _message(document))),),
    "a tag of its own kind": lambda document: (wrapped(element(0x84, _message(document))),),
    "octets in parts": lambda document: (
        wrapped(element(0x24, element(_OCTETS, _message(document)))),
    ),
    "octets without length": lambda document: (
        wrapped(b"\x24\x80" + element(_OCTETS, _message(document)) + b"\0\0"),
    ),
    "octets whose length is open": lambda _: (wrapped(b"\x04\x80"),),
    "octets with a long length": lambda document: (
        wrapped(b"\x04\x83" + len(_message(document)).to_bytes(3) + _message(document)),
    ),
    "few octets with a long length": lambda _: (wrapped(b"\x04\x81\x01\x80"),),
    "octets a byte short": lambda document: (wrapped(element(_OCTETS, _message(document))[:-1]),),
    "a byte after the octets": lambda document: (
        wrapped(element(_OCTETS, _message(document)) + b"\0"),
    ),
    "octets twice": lambda document: (wrapped(element(_OCTETS, _message(document)) * 2),),
    "the document in octets": lambda document: (wrapped(element(_OCTETS, document)),),
    "CBOR as text": lambda document: _in_cbor(MEDIA_TYPE, document, EVIDENCE, tag=_UTF8),
    "JSON as octets": lambda document: (
        wrapped(element(_OCTETS, json.dumps([MEDIA_TYPE, _text(document), EVIDENCE]).encode())),
    ),
    "without its kind": lambda document: _in_cbor(MEDIA_TYPE, document),
    "with a fourth part": lambda document: _in_cbor(MEDIA_TYPE, document, EVIDENCE, None),
    "a map of it": lambda document: (
        wrapped(element(_OCTETS, encoded({0: MEDIA_TYPE, 1: document, 2: EVIDENCE}))),
    ),
    "a byte after the record": lambda document: (
        wrapped(element(_OCTETS, _message(document) + b"\0")),
    ),
    "a record with a tag": lambda document: (
        wrapped(element(_OCTETS, tagged(1668576935, [MEDIA_TYPE, document, EVIDENCE]).encoded)),
    ),
    "a document in chunks": lambda document: _in_cbor(MEDIA_TYPE, chunked(document), EVIDENCE),
    "a document with a wide length": lambda document: _in_cbor(
        MEDIA_TYPE, widely(document), EVIDENCE
    ),
    "a document as text": lambda document: _in_cbor(MEDIA_TYPE, _text(document), EVIDENCE),
    "a type by number": lambda document: _in_cbor(30001, document, EVIDENCE),
    "another type": lambda document: _in_cbor("application/eat+cwt", document, EVIDENCE),
    "a type in upper case": lambda document: _in_cbor(MEDIA_TYPE.upper(), document, EVIDENCE),
    "a type with a parameter": lambda document: _in_cbor(f"{MEDIA_TYPE};a=b", document, EVIDENCE),
    "a type of line breaks": lambda document: _in_cbor("a\nb" * 100, document, EVIDENCE),
    "reference values": lambda document: _in_cbor(MEDIA_TYPE, document, 1),
    "evidence and endorsements": lambda document: _in_cbor(MEDIA_TYPE, document, 6),
    "a kind that is true": lambda document: _in_json(MEDIA_TYPE, _text(document), True),
    "a kind with a fraction": lambda document: _in_json(MEDIA_TYPE, _text(document), 4.0),
    "a JSON object": lambda document: (
        wrapped(element(_UTF8, json.dumps({"type": MEDIA_TYPE}).encode())),
    ),
    "JSON of no UTF-8": lambda _: (wrapped(element(_UTF8, b'["a", "\xff", 4]')),),
    "JSON of brackets": lambda _: (wrapped(element(_UTF8, b"[" * 9000)),),
    "a document in JSON as a number": lambda _: _in_json(MEDIA_TYPE, 7, EVIDENCE),
    "base64 of another alphabet": lambda _: _in_json(MEDIA_TYPE, "+/+/", EVIDENCE),
    "base64 with padding": lambda _: _in_json(MEDIA_TYPE, "AA==", EVIDENCE),
    "base64 with a line break": lambda document: _in_json(
        MEDIA_TYPE, _text(document) + "\n", EVIDENCE
    ),
    "base64 with bits to spare": lambda _: _in_json(
        MEDIA_TYPE, _loosened(_text(b"no document")), EVIDENCE
    ),
    "base64 of five characters": lambda _: _in_json(MEDIA_TYPE, "AAAAA", EVIDENCE),
}
"""Which it has to refuse."""
