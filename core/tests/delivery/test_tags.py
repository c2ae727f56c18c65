"""The reference system's tag: bincode, legacy configuration; golden bytes by hand."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partywire.delivery.ids import is_party_id
from partywire.delivery.tags import Tag, decode_sender, decode_tag, encode_sender, encode_tag
from partywire.errors import Malformed

# u128, then String (u64 length, UTF-8), then u64; all little-endian
TAG = Tag(0x0102030405060708090A0B0C0D0E0F10, "bob", 258)
GOLDEN = (
    b"\x10\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x01"
    b"\x03\x00\x00\x00\x00\x00\x00\x00"
    b"bob"
    b"\x02\x01\x00\x00\x00\x00\x00\x00"
)
HEALTH = b"\x03\x00\x00\x00\x00\x00\x00\x00bob"

names = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{1,20})?", fullmatch=True)
tags = st.builds(Tag, st.integers(0, 2**128 - 1), names, st.integers(0, 2**64 - 1))


def test_a_tag_is_these_bytes() -> None:
    assert encode_tag(TAG) == GOLDEN
    assert decode_tag(GOLDEN) == TAG


def test_a_health_tag_is_these_bytes() -> None:
    assert encode_sender("bob") == HEALTH
    assert decode_sender(HEALTH) == "bob"


@given(tags)
def test_a_tag_comes_back_as_it_was(tag: Tag) -> None:
    assert decode_tag(encode_tag(tag)) == tag
    assert decode_sender(encode_sender(tag.sender)) == tag.sender


@given(st.binary(max_size=120))
def test_garbage_is_malformed_or_exactly_a_tag(data: bytes) -> None:
    try:
        tag = decode_tag(data)
    except Malformed:
        return
    assert encode_tag(tag) == data


@given(st.integers(0, len(GOLDEN) - 1), st.integers(0, 255))
def test_a_changed_byte_is_malformed_or_another_tag(at: int, value: int) -> None:
    data = GOLDEN[:at] + bytes([value]) + GOLDEN[at + 1 :]
    try:
        tag = decode_tag(data)
    except Malformed:
        return
    assert encode_tag(tag) == data
    assert is_party_id(tag.sender)


@pytest.mark.parametrize("size", range(len(GOLDEN)))
def test_a_tag_cut_short_is_malformed(size: int) -> None:
    with pytest.raises(Malformed):
        decode_tag(GOLDEN[:size])


@pytest.mark.parametrize("size", range(len(HEALTH)))
def test_a_health_tag_cut_short_is_malformed(size: int) -> None:
    with pytest.raises(Malformed):
        decode_sender(HEALTH[:size])


@pytest.mark.parametrize("decode", [decode_tag, decode_sender])
@pytest.mark.parametrize("more", [b"\x00", GOLDEN])
def test_something_after_it_is_malformed(decode: object, more: bytes) -> None:
    data = GOLDEN if decode is decode_tag else HEALTH
    with pytest.raises(Malformed):
        decode(data + more)  # type: ignore[operator]


@given(st.integers(65, 2**64 - 1))
@example(2**63)
def test_a_length_beyond_a_party_id_is_malformed(length: int) -> None:
    with pytest.raises(Malformed):
        decode_sender(length.to_bytes(8, "little") + b"a" * 100)


@pytest.mark.parametrize("name", [b"Bob", b"b\xc3\xb6b", b"\xff\xff\xff", b"b b", b"1.1", b""])
def test_a_sender_that_is_no_party_id_is_malformed(name: bytes) -> None:
    with pytest.raises(Malformed):
        decode_sender(len(name).to_bytes(8, "little") + name)
