"""The fields of a payload: there, of the right type, and in range."""

from __future__ import annotations

from typing import Any

import pytest

from partywire_nitro_attest import Document, Refusal, Refused
from partywire_nitro_attest.document import read_document

MANDATORY = ("module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle")
OPTIONAL = ("public_key", "user_data", "nonce")
ZERO = bytes(48)


def fields(**changed: Any) -> dict[Any, Any]:
    sound = {
        "module_id": "i-0123456789abcdef0-enc0123456789abcdef",
        "digest": "SHA384",
        "timestamp": 1_700_000_000_123,
        "pcrs": {index: bytes([index + 1]) * 48 for index in range(16)},
        "certificate": b"leaf",
        "cabundle": [b"root", b"region"],
        "public_key": b"key",
        "user_data": b"",
        "nonce": None,
    }
    return {**sound, **changed}


def refused(given: dict[Any, Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        read_document(given)
    return caught.value


def test_what_it_says() -> None:
    document = read_document(fields())
    assert document.time == 1_700_000_000.123
    assert document.pcrs[15] == b"\x10" * 48
    assert document.cabundle == (b"root", b"region")
    assert (document.public_key, document.user_data, document.nonce) == (b"key", b"", None)
    assert document.unknown == ()


def test_no_bytes_of_it_are_shown() -> None:
    shown = repr(read_document(fields(user_data=b"very secret", public_key=b"a key")))
    assert "secret" not in shown
    assert "a key" not in shown


def test_its_pcrs_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        read_document(fields()).pcrs[0] = ZERO  # type: ignore[index]


@pytest.mark.parametrize("field", MANDATORY)
def test_a_mandatory_field_is_there_and_not_null(field: str) -> None:
    absent = fields()
    del absent[field]
    for given in (absent, fields(**{field: None})):
        error = refused(given)
        assert error.refusal is Refusal.FIELD_MISSING
        assert field in error.problem


@pytest.mark.parametrize("field", OPTIONAL)
def test_an_optional_field_may_be_null_or_missing(field: str) -> None:
    absent = fields()
    del absent[field]
    for given in (absent, fields(**{field: None})):
        assert getattr(read_document(given), field) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("module_id", b"i-0-enc0"),
        ("module_id", 1),
        ("digest", b"SHA384"),
        ("timestamp", True),
        ("timestamp", "1700000000123"),
        ("timestamp", b"\x01"),
        ("pcrs", [ZERO, ZERO, ZERO]),
        ("pcrs", {"0": ZERO}),
        ("pcrs", {0: "0" * 48}),
        ("pcrs", {0: None, 1: ZERO, 2: ZERO}),
        ("certificate", "leaf"),
        ("certificate", [b"leaf"]),
        ("cabundle", b"root"),
        ("cabundle", {0: b"root"}),
        ("cabundle", [b"root", "region"]),
        ("cabundle", [b"root", None]),
        ("public_key", "key"),
        ("user_data", 0),
        ("user_data", False),
        ("nonce", []),
    ],
)
def test_a_field_of_another_type_is_refused(field: str, value: object) -> None:
    assert refused(fields(**{field: value})).refusal is Refusal.FIELD_TYPE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("module_id", ""),
        ("module_id", "x" * 129),
        ("digest", "SHA256"),
        ("digest", "sha384"),
        ("digest", ""),
        ("timestamp", 0),
        ("timestamp", -1),
        ("pcrs", {0: ZERO, 1: ZERO, 2: ZERO, 32: ZERO}),
        ("pcrs", {-1: ZERO}),
        ("pcrs", {0: ZERO[1:], 1: ZERO, 2: ZERO}),
        ("pcrs", {0: ZERO + b"\x00", 1: ZERO, 2: ZERO}),
        ("pcrs", {0: b"", 1: ZERO, 2: ZERO}),
        ("pcrs", {0: bytes(32), 1: bytes(32), 2: bytes(32)}),
        ("certificate", b""),
        ("certificate", bytes(1025)),
        ("cabundle", []),
        ("cabundle", [b"root"]),
        ("cabundle", [b"root", b""]),
        ("cabundle", [b"root", bytes(1025)]),
        ("cabundle", [b"root"] * 9),
        ("public_key", b""),
        ("public_key", bytes(1025)),
        ("user_data", bytes(1025)),
        ("nonce", bytes(1025)),
    ],
)
def test_a_field_out_of_range_is_refused(field: str, value: object) -> None:
    assert refused(fields(**{field: value})).refusal is Refusal.FIELD_RANGE


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_measurements_of_the_image_are_there(index: int) -> None:
    pcrs = {each: ZERO for each in range(16) if each != index}
    error = refused(fields(pcrs=pcrs))
    assert error.refusal is Refusal.FIELD_MISSING
    assert f"PCR{index}" in error.problem


@pytest.mark.parametrize("value", [{}, {4: ZERO}, None])
def test_a_nitro_tpm_is_no_enclave(value: object) -> None:
    assert refused(fields(nitrotpm_pcrs=value)).refusal is Refusal.NITRO_TPM


def test_unknown_fields_are_named_escaped_and_not_all() -> None:
    document = read_document({**fields(), "new\n": 1, 7: 2, b"x": 3})
    assert document.unknown == ("new\\n", "a key that is int", "a key that is bytes")
    assert len(read_document({**fields(), **{f"f{n}": n for n in range(500)}}).unknown) == 8


def debug_of(**pcrs: bytes) -> bool:
    numbered = {int(name[3:]): value for name, value in pcrs.items()}
    sound: Document = read_document(fields(pcrs={**fields()["pcrs"], **numbered}))
    return sound.debug


def test_debug_mode_is_three_pcrs_of_zeros_and_no_more() -> None:
    assert debug_of(pcr0=ZERO, pcr1=ZERO, pcr2=ZERO)
    assert not debug_of()
    assert not debug_of(pcr0=ZERO, pcr1=ZERO)
    assert not debug_of(pcr1=ZERO, pcr2=ZERO)
    assert not debug_of(pcr0=ZERO, pcr2=ZERO, pcr4=ZERO)
