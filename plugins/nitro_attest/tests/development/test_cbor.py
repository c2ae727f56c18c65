from __future__ import annotations

import pytest

from partywire_nitro_attest.development.cbor import (
    ARRAY,
    BYTES,
    MAP,
    TEXT,
    UNSIGNED,
    Item,
    Pairs,
    Raw,
    encoded,
    head,
    open_head,
)

# examples of RFC 8949, appendix A
EXAMPLES: list[tuple[Item, str]] = [
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (255, "18ff"),
    (256, "190100"),
    (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"),
    (18446744073709551615, "1bffffffffffffffff"),
    (-1, "20"),
    (-1000, "3903e7"),
    (False, "f4"),
    (True, "f5"),
    (None, "f6"),
    (b"", "40"),
    (b"\1\2\3\4", "4401020304"),
    ("IETF", "6449455446"),
    ("\u00fc", "62c3bc"),
    ([1, [2, 3], [4, 5]], "8301820203820405"),
    ({1: 2, 3: 4}, "a201020304"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
    (Pairs((("a", 1), ("b", [2, 3])), indefinite=True), "bf61610161628202 03ff"),
]


@pytest.mark.parametrize(("item", "expected"), EXAMPLES, ids=[text for _, text in EXAMPLES])
def test_writes_the_examples_of_the_rfc(item: Item, expected: str) -> None:
    assert encoded(item) == bytes.fromhex(expected)


def test_keeps_the_order_of_a_map() -> None:
    assert encoded({2: 0, 1: 0}) == bytes.fromhex("a202000100")


def test_writes_a_key_twice_where_it_is_told_to() -> None:
    assert encoded(Pairs(((0, 1), (Raw(b"\x18\0"), 2)))) == bytes.fromhex("a20001180002")


def test_writes_raw_bytes_as_they_are() -> None:
    assert encoded([1, Raw(b"\x5f\xff")]) == bytes.fromhex("82015fff")


@pytest.mark.parametrize(
    ("width", "expected"), [(0, "05"), (1, "1805"), (2, "190005"), (4, "1a00000005")]
)
def test_writes_longer_heads_than_needed(width: int, expected: str) -> None:
    assert head(UNSIGNED, 5, width) == bytes.fromhex(expected)


def test_opens_what_has_no_length() -> None:
    opened = [open_head(major) for major in (BYTES, TEXT, ARRAY, MAP)]
    assert opened == [b"\x5f", b"\x7f", b"\x9f", b"\xbf"]
