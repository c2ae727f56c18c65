"""The development module beside AWS's: the same bytes of the same content, the same certificates.

Genuine documents are looked for where `test_vectors` looks for them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, cast

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from partywire_nitro_attest.cbor import decode
from partywire_nitro_attest.development import (
    DevelopmentModule,
    Making,
    definite,
    indefinite,
    measured,
    new_root,
)
from partywire_nitro_attest.document import Document, read_document
from partywire_nitro_attest.envelope import read_envelope

from .test_vectors import VECTORS, Vector, vectors

if TYPE_CHECKING:
    from partywire_nitro_attest.development.cbor import Item

pytestmark = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="genuine documents are not beside the project (NITRO_VECTORS)"
)
GENUINE: Final = pytest.mark.parametrize(
    "vector", [each for each in vectors() if not each.refusal], ids=lambda vector: vector.name
)
PLACES: Final = ("root", "region", "zone", "instance", "leaf")
OLD: Final = ("2022", "202301")
"""Instances had no key identifiers then."""
NOW: Final = 1_782_779_620.5


@pytest.fixture(scope="module")
def making() -> Making:
    root = new_root(NOW)
    module = DevelopmentModule(root, pcrs=measured("an image"), clock=lambda: NOW)
    return module.making(public_key=b"a key")


def certificates(document: Document) -> dict[str, x509.Certificate]:
    ders = (*document.cabundle, document.certificate)
    loaded = map(x509.load_der_x509_certificate, ders)
    return dict(zip(PLACES, loaded, strict=True))


def read(raw: bytes) -> Document:
    return read_document(read_envelope(raw).fields)


@GENUINE
def test_a_genuine_payload_is_written_again_byte_for_byte(vector: Vector, making: Making) -> None:
    payload = read_envelope(vector.raw).payload
    fields = decode(payload, open_map=True)
    assert isinstance(fields, dict)
    write = indefinite if payload[0] == 0xBF else definite
    assert write({str(name): cast("Item", value) for name, value in fields.items()}) == payload
    assert list(fields) == list(making.fields)


@GENUINE
def test_certificates_have_the_extensions_of_genuine_ones(vector: Vector, making: Making) -> None:
    ours, genuine = certificates(read(making.document())), certificates(read(vector.raw))
    for place in PLACES:
        if place == "instance" and vector.name.startswith(OLD):
            continue
        assert _extensions(ours[place]) == _extensions(genuine[place]), place


@GENUINE
def test_certificates_last_as_long_as_genuine_ones(vector: Vector, making: Making) -> None:
    ours, genuine = certificates(read(making.document())), certificates(read(vector.raw))
    for place in PLACES[1:]:
        assert _life(ours[place]) == pytest.approx(_life(genuine[place]), rel=0.25), place
    assert _life(ours["leaf"]) == _life(genuine["leaf"])


@GENUINE
def test_names_have_the_parts_of_genuine_ones_and_other_words(
    vector: Vector, making: Making
) -> None:
    ours, genuine = certificates(read(making.document())), certificates(read(vector.raw))
    for place in PLACES:
        theirs = genuine[place].subject
        assert [each.oid for each in ours[place].subject] == [each.oid for each in theirs], place
        (owner,) = ours[place].subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        assert owner.value == "partywire development"
    for above, below in pairwise(PLACES):
        assert genuine[below].issuer == genuine[above].subject


def _extensions(certificate: x509.Certificate) -> list[tuple[str, bool, object]]:
    """What they are, whether critical, and what they allow; keys and places differ."""
    same = (x509.BasicConstraints, x509.KeyUsage)
    return [
        (each.oid.dotted_string, each.critical, each.value if isinstance(each.value, same) else 0)
        for each in certificate.extensions
    ]


def _life(certificate: x509.Certificate) -> float:
    return (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds()
