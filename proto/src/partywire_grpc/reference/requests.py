"""The requests of the reference wire as bytes: a tag and a value, by the rules of protobuf.

    size  content
    1     0x0a: field 1, of so many bytes
    1..5  length of the tag, as a varint
    n     the tag
    1     0x12: field 2, of so many bytes
    1..5  length of the value, as a varint
    m     the value

A field that is empty may be missing. Where one comes twice the last counts, and unknown fields are
skipped. The library of protobuf reads the same, and holds a large value twice beside the request;
here it is held once beside it.
"""

from typing import Final, NamedTuple

from partywire.errors import Malformed

LARGEST: Final = (1 << 31) - 1
"""Bytes of a request, at most: the size of a protobuf message is an int32."""

FRAMING: Final = 128
"""Bytes of a request beside its value, at most: its tag, and what comes before its fields."""

MOST_FIELDS: Final = 64
"""Fields of a request, at most; an honest one has two, and each takes time to read."""

_TAG: Final = 1 << 3 | 2
_VALUE: Final = 2 << 3 | 2
_VARINT, _FIXED64, _SIZED, _FIXED32 = 0, 1, 2, 5
_LENGTHS: Final = {_FIXED64: 8, _FIXED32: 4}


class Request(NamedTuple):
    """What a caller hands over: a tag, and a value or a throw-away payload."""

    tag: bytes
    value: bytes

    def __repr__(self) -> str:
        """Return the sizes."""
        return f"Request(<{len(self.tag)} bytes>, <{len(self.value)} bytes>)"


def encode_request(tag: bytes, value: bytes) -> bytes:
    """Return the bytes of a request; more than `LARGEST` cannot be sent."""
    return b"".join((_head(_TAG, tag), tag, _head(_VALUE, value), value))


def decode_request(data: bytes) -> Request:
    """Return the request of untrusted bytes; raise `Malformed` where protobuf would refuse them.

    Groups, which no message of proto3 has, are refused too, and so are more than `MOST_FIELDS`.
    """
    view, place, fields = memoryview(data), 0, 0
    found = {_TAG: view[:0], _VALUE: view[:0]}
    while place < len(view):
        fields += 1
        if fields > MOST_FIELDS:
            raise Malformed("request", f"more than {MOST_FIELDS} fields")
        key, place = _varint(view, place, 5)
        if not 0 < key >> 3 < 1 << 29:
            raise Malformed("request", "a field out of range")
        start, place = _content(view, place, key & 7)
        if key in found:
            found[key] = view[start:place]
    return Request(bytes(found[_TAG]), bytes(found[_VALUE]))


def _head(key: int, content: bytes) -> bytes:
    """Return what comes before a field's content; an empty field is left out."""
    if not content:
        return b""
    head, length = bytearray([key]), len(content)
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head)


def _content(view: memoryview, place: int, kind: int) -> tuple[int, int]:
    """Return where the content of a field begins, and where the next field does."""
    if kind == _VARINT:
        return place, _varint(view, place, 10)[1]
    if kind == _SIZED:
        length, place = _varint(view, place, 5)
    elif kind in _LENGTHS:
        length = _LENGTHS[kind]
    else:
        raise Malformed("request", "a field of a kind that proto3 has not")
    if length > len(view) - place:
        raise Malformed("request", "a field cut short")
    return place, place + length


def _varint(view: memoryview, place: int, longest: int) -> tuple[int, int]:
    """Return a number of at most so many bytes, and the place behind it."""
    number = 0
    for index, byte in enumerate(view[place : place + longest]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, place + index + 1
    raise Malformed("request", "a number too long, or cut short")
