"""Writing CBOR (RFC 8949): each item in the shortest form, unless a piece of it is given as bytes.

`Raw` puts bytes where an item belongs, and `head` makes any head there is. So what no sound encoder
writes can be written too.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

UNSIGNED: Final = 0
NEGATIVE: Final = 1
BYTES: Final = 2
TEXT: Final = 3
ARRAY: Final = 4
MAP: Final = 5
TAG: Final = 6
SIMPLE: Final = 7

NULL: Final = b"\xf6"
BREAK: Final = b"\xff"
_WIDTHS: Final = (1, 2, 4, 8)


@attrs.frozen
class Raw:
    """What is written as it is, in the place of an item."""

    encoded: bytes


@attrs.frozen
class Pairs:
    """A map whose keys may repeat; ``indefinite`` writes it without a length, up to a break."""

    items: Sequence[tuple["Item", "Item"]]
    indefinite: bool = False


Item = (
    int
    | bytes
    | str
    | None
    | Raw
    | Pairs
    | Sequence["Item"]
    | Mapping[int, "Item"]
    | Mapping[str, "Item"]
)
"""What can be written. Maps keep the order that they are given in."""


def head(major: int, argument: int, width: int | None = None) -> bytes:
    """Return the head of an item.

    Args:
        major: its major type, 0 to 7.
        argument: a length, a number of items, or a value: below 2**64.
        width: in how many bytes after the first one the argument is written: 0, 1, 2, 4 or 8. The
            fewest that hold it, where it is not given.
    """
    if width is None:
        fits = (each for each in _WIDTHS if argument < 256**each)
        width = 0 if argument < 24 else next(fits)
    if width == 0:
        return bytes([major << 5 | argument])
    return bytes([major << 5 | 24 + _WIDTHS.index(width)]) + argument.to_bytes(width)


def open_head(major: int) -> bytes:
    """Return the head of an item of indefinite length, which ends with `BREAK`."""
    return bytes([major << 5 | 31])


def encoded(item: Item) -> bytes:
    """Return an item as CBOR."""
    match item:
        case Raw():
            return item.encoded
        case Pairs():
            return _map(item)
        case Mapping():
            return _map(Pairs(tuple(item.items())))
        case None | bool() | int():
            return _number(item)
        case bytes():
            return head(BYTES, len(item)) + item
        case str():
            text = item.encode()
            return head(TEXT, len(text)) + text
    return head(ARRAY, len(item)) + b"".join(map(encoded, item))


def _number(item: int | None) -> bytes:
    if item is None:
        return NULL
    if isinstance(item, bool):
        return head(SIMPLE, 20 + item)
    return head(UNSIGNED, item) if item >= 0 else head(NEGATIVE, -1 - item)


def _map(pairs: Pairs) -> bytes:
    content = b"".join(encoded(key) + encoded(value) for key, value in pairs.items)
    if pairs.indefinite:
        return open_head(MAP) + content + BREAK
    return head(MAP, len(pairs.items)) + content
