"""Ids of parties and sessions."""

from __future__ import annotations

import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partywire.delivery.ids import is_party_id, parties_digest, session_id
from partywire.errors import SessionIdInvalid

ALPHABET = string.ascii_lowercase + string.digits + "-."


def is_party_id_by_words(text: str) -> bool:
    """The rule of the docstring, one sentence after the other."""
    labels = text.split(".")
    return (
        len(text) <= 64
        and all(1 <= len(label) <= 63 for label in labels)
        and all(character in ALPHABET for character in text)
        and not any(label.startswith("-") or label.endswith("-") for label in labels)
        and not all(character in string.digits + "." for character in text)
    )


@pytest.mark.parametrize("text", ["alice", "a", "party-1.example", "0x", "a" * 63, "1.2.3.4a"])
def test_a_name_of_a_machine_is_a_party_id(text: str) -> None:
    assert is_party_id(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "A", "a_b", "a b", "a\n", "alicé", "٣a"),
        *("10.0.0.1", "7", "a" * 64, "a" * 32 + "." + "b" * 32),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_party_id(text)


@given(st.text(st.sampled_from(ALPHABET + "A\n"), max_size=70) | st.text())
def test_a_party_id_is_what_the_rule_says(text: str) -> None:
    assert is_party_id(text) == is_party_id_by_words(text)


@given(st.integers(0, 2**128 - 1))
def test_an_int_and_its_16_bytes_little_endian_are_one_session(number: int) -> None:
    assert session_id(number) == number
    assert session_id(number.to_bytes(16, "little")) == number


def test_bytes_are_little_endian() -> None:
    assert session_id(b"\x01\x02" + bytes(14)) == 0x0201


def test_text_is_hashed_with_its_attempt() -> None:
    hashed = hashlib.sha256(b"partywire session id v1\x00" + b"\x07" + bytes(7) + b"sum").digest()
    assert session_id("sum", 7) == int.from_bytes(hashed[:16], "little")


def test_derived_ids_stay_the_same_from_release_to_release() -> None:
    assert f"{session_id('sum', 1):032x}" == "8fbed1afc66c01cf0dadeb9e878225ea"


def test_text_alone_is_attempt_0() -> None:
    assert session_id("sum") == session_id("sum", 0) != session_id("sum", 1)


@pytest.mark.parametrize(
    ("source", "attempt"),
    [
        *((-1, None), (2**128, None), (True, None), (1.0, None), (None, None)),
        *((b"", None), (bytes(15), None), (bytes(17), None), (bytearray(16), None)),
        *((5, 0), (bytes(16), 1), ("a", -1), ("a", 2**64), ("a", True), ("a", "1"), ("\ud800", 0)),
    ],
)
def test_anything_else_is_refused_as_a_usage_error(source: object, attempt: object) -> None:
    with pytest.raises(SessionIdInvalid):
        session_id(source, attempt)  # type: ignore[arg-type]


def test_the_order_of_parties_makes_no_difference() -> None:
    assert parties_digest(["b", "a"]) == parties_digest(("a", "b"))
    assert parties_digest(["a", "b"]) == hashlib.sha256(b"a\nb").digest()


def test_other_parties_make_one() -> None:
    assert parties_digest(["a", "b"]) != parties_digest(["ab"])
