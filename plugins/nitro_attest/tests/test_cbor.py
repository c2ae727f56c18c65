"""The decoder takes what documents have, in the one encoding that it can have."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from typing import Any

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partywire_nitro_attest import Refusal, Refused
from partywire_nitro_attest.cbor import MAX_DEPTH, Item, decode

KEYS = st.one_of(st.integers(-(2**64), 2**64 - 1), st.binary(max_size=40), st.text(max_size=20))
LEAVES = st.one_of(KEYS, st.booleans(), st.none())
ITEMS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=10,
)


def refusal(data: bytes, *, open_map: bool = False) -> Refusal:
    with pytest.raises(Refused) as caught:
        decode(data, open_map=open_map)
    return caught.value.refusal


def same(one: Any, other: Any) -> bool:
    """Equal, and of equal types: to Python, True is 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        pairs = zip(one.items(), other.items(), strict=True)
        return len(one) == len(other) and all(
            same(key, key2) and same(value, value2) for (key, value), (key2, value2) in pairs
        )
    return bool(one == other)


def depth(item: Item) -> int:
    inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return 1 + max(map(depth, inner), default=0)


def by_cbor2(data: bytes) -> object:
    """The one item, or an exception; cbor2 itself passes over what follows."""
    stream = BytesIO(data)
    item: object = cbor2.load(stream)
    if stream.tell() != len(data):
        raise ValueError("bytes follow")
    return item


@given(ITEMS)
def test_what_cbor2_writes_is_read_as_it_was(item: Item) -> None:
    data = cbor2.dumps(item)
    if depth(item) > MAX_DEPTH:
        assert refusal(data) is Refusal.CBOR_DEPTH
    else:
        assert same(decode(data), item)


@given(st.binary(max_size=64))
@example(b"\x00")
@example(b"\x82\x01\xa1\x61a\xf6")
def test_what_is_accepted_means_the_same_to_cbor2(data: bytes) -> None:
    try:
        found = decode(data)
    except Refused:
        return
    assert same(found, by_cbor2(data))
    assert cbor2.dumps(found) == data, "there is one encoding of each item"


@given(ITEMS, st.data())
def test_a_changed_item_is_refused_or_means_the_same_to_cbor2(
    item: Item, data: st.DataObject
) -> None:
    changed = bytearray(cbor2.dumps(item))
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= data.draw(st.integers(1, 255))
    try:
        found = decode(bytes(changed))
    except Refused:
        return
    assert same(found, by_cbor2(bytes(changed)))


@given(ITEMS, st.data())
def test_a_truncated_item_is_refused(item: Item, data: st.DataObject) -> None:
    whole = cbor2.dumps(item)
    with pytest.raises(Refused):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", Refusal.CBOR_TRUNCATED),
        ("18", Refusal.CBOR_TRUNCATED),
        ("42ff", Refusal.CBOR_TRUNCATED),
        ("8201", Refusal.CBOR_TRUNCATED),
        ("a100", Refusal.CBOR_TRUNCATED),
        ("9bffffffffffffffff", Refusal.CBOR_TRUNCATED),
        ("bbffffffffffffffff", Refusal.CBOR_TRUNCATED),
        ("5bffffffffffffffff", Refusal.CBOR_TRUNCATED),
        ("0000", Refusal.CBOR_TRAILING),
        ("a000", Refusal.CBOR_TRAILING),
        ("1817", Refusal.CBOR_NOT_MINIMAL),
        ("1900ff", Refusal.CBOR_NOT_MINIMAL),
        ("1a0000ffff", Refusal.CBOR_NOT_MINIMAL),
        ("1b00000000ffffffff", Refusal.CBOR_NOT_MINIMAL),
        ("580161", Refusal.CBOR_NOT_MINIMAL),
        ("780161", Refusal.CBOR_NOT_MINIMAL),
        ("980100", Refusal.CBOR_NOT_MINIMAL),
        ("b8010000", Refusal.CBOR_NOT_MINIMAL),
        ("5f4101ff", Refusal.CBOR_INDEFINITE),
        ("7f6161ff", Refusal.CBOR_INDEFINITE),
        ("9f01ff", Refusal.CBOR_INDEFINITE),
        ("bf0001ff", Refusal.CBOR_INDEFINITE),
        ("ff", Refusal.CBOR_INDEFINITE),
        ("1f", Refusal.CBOR_INDEFINITE),
        ("c000", Refusal.CBOR_TYPE),
        ("d82000", Refusal.CBOR_TYPE),
        ("f93c00", Refusal.CBOR_TYPE),
        ("fa3f800000", Refusal.CBOR_TYPE),
        ("fb3ff0000000000000", Refusal.CBOR_TYPE),
        ("f7", Refusal.CBOR_TYPE),
        ("e0", Refusal.CBOR_TYPE),
        ("f820", Refusal.CBOR_TYPE),
        ("1c", Refusal.CBOR_TYPE),
        ("1e", Refusal.CBOR_TYPE),
        ("a1f500", Refusal.CBOR_KEY),
        ("a1f600", Refusal.CBOR_KEY),
        ("a18000", Refusal.CBOR_KEY),
        ("a200010001", Refusal.CBOR_DUPLICATE_KEY),
        ("a2616101616102", Refusal.CBOR_DUPLICATE_KEY),
        ("a20001180001", Refusal.CBOR_NOT_MINIMAL),
        ("62c328", Refusal.CBOR_TEXT),
        ("63eda080", Refusal.CBOR_TEXT),
    ],
)
def test_one_value_has_one_encoding(data: str, expected: Refusal) -> None:
    assert refusal(bytes.fromhex(data)) is expected


def test_the_outermost_map_may_be_open() -> None:
    assert decode(bytes.fromhex("bf616101616202ff"), open_map=True) == {"a": 1, "b": 2}
    assert decode(bytes.fromhex("bfff"), open_map=True) == {}
    assert decode(bytes.fromhex("a0"), open_map=True) == {}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("bf", Refusal.CBOR_TRUNCATED),
        ("bf00", Refusal.CBOR_TRUNCATED),
        ("bf0000", Refusal.CBOR_TRUNCATED),
        ("bf00ff", Refusal.CBOR_INDEFINITE),
        ("bf00bfffff", Refusal.CBOR_INDEFINITE),
        ("bf00010002ff", Refusal.CBOR_DUPLICATE_KEY),
        ("bfff00", Refusal.CBOR_TRAILING),
        ("81bfff", Refusal.CBOR_INDEFINITE),
    ],
)
def test_an_open_map_is_as_strict(data: str, expected: Refusal) -> None:
    assert refusal(bytes.fromhex(data), open_map=True) is expected


@pytest.mark.parametrize("head", [b"\x81", b"\xa1\x00"], ids=["arrays", "maps"])
def test_depth_is_bounded(head: bytes) -> None:
    decode(head * (MAX_DEPTH - 1) + b"\x00")
    assert refusal(head * MAX_DEPTH + b"\x00") is Refusal.CBOR_DEPTH
    assert refusal(head * 6000 + b"\x00") is Refusal.CBOR_DEPTH


@pytest.mark.parametrize("head", ["9a00ffffff", "ba00ffffff", "5a00ffffff", "9b00000fffffffffff"])
def test_an_announced_size_costs_nothing(head: str) -> None:
    data = bytes.fromhex(head) + bytes(100)
    tracemalloc.start()
    try:
        assert refusal(data) is Refusal.CBOR_TRUNCATED
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
