"""Each defect is there, and nothing beside it: what it leaves alone is as in a sound document."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from partywire_nitro_attest.development import Certified, DevelopmentModule, Making, measured
from partywire_nitro_attest.development.cbor import encoded
from partywire_nitro_attest.development.defects import (
    CHAINS,
    DEFECTS,
    ENVELOPES,
    FIELDS,
    PAYLOADS,
    SIGNATURES,
    STANDINGS,
    VARIANTS,
    Defect,
)

TABLES = (ENVELOPES, PAYLOADS, FIELDS, SIGNATURES, CHAINS, STANDINGS)
HEADER = bytes.fromhex("8444a1013822a059")
RE_SIGNED = {**PAYLOADS, **FIELDS, **CHAINS, **STANDINGS}
# whose certificate is not the one of the key that signs
NO_LEAF = {name for name in FIELDS if name.startswith(("certificate", "two certificates"))}


@pytest.fixture(scope="module")
def making(root: Certified) -> Making:
    now = 1_782_779_620.5
    module = DevelopmentModule(root, pcrs=measured("an image"), clock=lambda: now)
    return module.making(public_key=b"a key", user_data=b"data", nonce=b"n")


def is_signed(document: bytes, key: ec.EllipticCurvePublicKey) -> bool:
    assert document.startswith(HEADER)
    payload, signature = document[10:-98], document[-96:]
    r, s = int.from_bytes(signature[:48]), int.from_bytes(signature[48:])
    signed = encoded(["Signature1", bytes.fromhex("a1013822"), b"", payload])
    try:
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA384()))
    except InvalidSignature:
        return False
    return True


def leaf_in(document: bytes, making: Making) -> ec.EllipticCurvePublicKey:
    """The key of the certificate that stands in the payload, or of the usual one."""
    place = document.find(b"kcertificateY")
    if place < 0:
        return making.key.public_key()
    size = int.from_bytes(document[place + 13 : place + 15])
    der = document[place + 15 : place + 15 + size]
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def test_no_name_stands_in_two_tables() -> None:
    assert len(DEFECTS) == sum(map(len, TABLES))
    assert not DEFECTS.keys() & (VARIANTS.keys() - {"nothing odd"})


@pytest.mark.parametrize("name", DEFECTS)
def test_each_differs_from_what_is_sound(making: Making, name: str) -> None:
    sound = making.document()
    made = DEFECTS[name](making)
    assert made[:-96] != sound[:-96] or len(made) != len(sound) or name in SIGNATURES


@pytest.mark.parametrize("name", sorted(RE_SIGNED.keys() - NO_LEAF))
def test_what_is_changed_is_signed_again(making: Making, name: str) -> None:
    made = RE_SIGNED[name](making)
    assert is_signed(made, leaf_in(made, making))


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_no_signature_of_the_table_is_good(making: Making, name: str) -> None:
    made = SIGNATURES[name](making)
    assert not made.endswith(making.document()[-96:])
    if len(made) == len(making.document()):
        assert not is_signed(made, making.key.public_key())


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_each_variant_is_signed(making: Making, name: str) -> None:
    made = VARIANTS[name](making).removeprefix(b"\xd2")
    assert is_signed(made, leaf_in(made, making))


def test_the_two_numbers_s_of_a_signature_are_both_made(making: Making) -> None:
    half = 1 << 383
    high, low = (int.from_bytes(VARIANTS[name](making)[-48:]) for name in ("a high s", "a low s"))
    assert low < half < high


def test_a_defect_leaves_the_sound_making_alone(making: Making) -> None:
    before = making.encode(making.fields)
    made: list[Defect] = list(DEFECTS.values())
    for defect in made:
        defect(making)
    assert making.encode(making.fields) == before
