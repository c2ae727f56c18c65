"""Whatever stands in a certificate's extension, a document comes out, or one refusal."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from partywire_nitro_attest import Refused, Step
from partywire_nitro_attest.carriers import EVIDENCE, MEDIA_TYPE, PLAIN, WRAPPED, carried_by
from partywire_nitro_attest.development import Blueprint
from partywire_nitro_attest.development.cbor import encoded
from partywire_nitro_attest.development.certified import new_key
from partywire_nitro_attest.development.defects import CARRIED, MISCARRIED
from partywire_nitro_attest.development.defects.carriers import element, plain, wrapped

from .table import CARRIERS

if TYPE_CHECKING:
    from partywire_nitro_attest.development.certified import Extension

KEY = new_key()
DOCUMENT = bytes(range(256)) * 20
SHORT = b"a document"


def certificate(*extensions: Extension) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "alice")])
    return Blueprint(subject, 0, 1, extensions, KEY).made().certificate


@pytest.mark.parametrize("document", [b"", SHORT, DOCUMENT], ids=len)
@pytest.mark.parametrize("name", CARRIED)
def test_it_is_found(name: str, document: bytes) -> None:
    found = carried_by(certificate(*CARRIED[name](document)))
    assert found.document == document
    assert found.extension == (PLAIN if name == "as it is" else WRAPPED)


def test_the_table_has_every_way() -> None:
    assert CARRIERS.keys() == MISCARRIED.keys()


@pytest.mark.parametrize("name", MISCARRIED)
def test_it_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        carried_by(certificate(*MISCARRIED[name](DOCUMENT)))
    assert caught.value.refusal is CARRIERS[name]
    assert caught.value.refusal.step is Step.CARRIER
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_no_repr_shows_the_document() -> None:
    assert "a document" not in repr(carried_by(certificate(plain(SHORT))))


@pytest.mark.parametrize("carrying", [plain, wrapped], ids=["plain", "wrapped"])
@given(
    value=st.binary(max_size=64)
    | st.binary(max_size=60).map(lambda content: element(0x04, content))
    | st.text(max_size=40).map(lambda text: element(0x0C, text.encode()))
)
def test_any_bytes_are_a_document_or_refused(carrying: type, value: bytes) -> None:
    with contextlib.suppress(Refused):
        assert carried_by(certificate(carrying(value))).document in value


@given(document=st.binary(max_size=300), at=st.integers(0, 400), bit=st.integers(0, 7))
def test_no_bit_of_a_message_but_the_documents_can_change(
    document: bytes, at: int, bit: int
) -> None:
    """One message has one encoding: what is accepted is made of the document as it was made."""
    message = bytearray(element(0x04, encoded([MEDIA_TYPE, document, EVIDENCE])))
    message[at % len(message)] ^= 1 << bit
    with contextlib.suppress(Refused):
        found = carried_by(certificate(wrapped(bytes(message)))).document
        assert element(0x04, encoded([MEDIA_TYPE, found, EVIDENCE])) == bytes(message)
