"""Whatever stands in a certificate's extension, a document comes out, or one error."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from partywire.errors import EvidenceInvalid
from partywire_nitro_attest.carriers import PLAIN, WRAPPED, Carried, carried_by
from partywire_nitro_attest.development import Blueprint
from partywire_nitro_attest.development.cbor import encoded
from partywire_nitro_attest.development.certified import new_key

if TYPE_CHECKING:
    from cryptography.x509 import ObjectIdentifier

KEY = new_key()
DOCUMENT = b"a document"


def certificate(*carried: tuple[ObjectIdentifier, bytes]) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "alice")])
    extensions = tuple((x509.UnrecognizedExtension(*each), False) for each in carried)
    return Blueprint(subject, 0, 1, extensions, KEY).made().certificate


def octets(content: bytes) -> bytes:
    return bytes([0x04, len(content)]) + content


@pytest.mark.parametrize(
    "record", [["a type", DOCUMENT], ["a type", DOCUMENT, 4], [30001, DOCUMENT]]
)
def test_a_record_of_a_conceptual_message_has_two_or_three_parts(record: list[object]) -> None:
    value = octets(encoded(tuple(record)))  # type: ignore[arg-type]
    assert carried_by(certificate((WRAPPED, value))) == Carried(DOCUMENT, WRAPPED)


def test_no_repr_shows_the_document() -> None:
    assert "a document" not in repr(carried_by(certificate((PLAIN, DOCUMENT))))


@pytest.mark.parametrize("oid", [PLAIN, WRAPPED])
@given(value=st.binary(max_size=64) | st.binary(max_size=60).map(octets))
def test_any_bytes_are_a_document_or_refused(oid: ObjectIdentifier, value: bytes) -> None:
    with contextlib.suppress(EvidenceInvalid):
        assert carried_by(certificate((oid, value))).document in value


@given(text=st.text(max_size=40))
def test_any_json_is_a_document_or_refused(text: str) -> None:
    content = text.encode()
    value = bytes([0x0C, len(content)]) + content if len(content) < 128 else b""
    with contextlib.suppress(EvidenceInvalid):
        carried_by(certificate((WRAPPED, value)))
