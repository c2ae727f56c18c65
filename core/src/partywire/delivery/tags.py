"""The tag of the reference system, in its encoding: bincode "legacy", little-endian, fixed width.

    offset  size  field
    0       16    session id, u128
    16      8     length n of the sender, u64
    24      n     sender, UTF-8
    24 + n  8     round, u64

A health check's tag is the sender alone: length and UTF-8. Source: zama-ai/kms, commit 30b425c63,
core/threshold-networking.
"""

import struct
from typing import NamedTuple

from partywire.delivery.ids import MAX_PARTY, is_party_id
from partywire.errors import Malformed

_U64 = struct.Struct("<Q")


class Tag(NamedTuple):
    """Which session, who sends, which round."""

    session: int
    sender: str
    round: int


def encode_tag(tag: Tag) -> bytes:
    """Return the bytes of a tag. The session has 128 bits, the round 64."""
    session = tag.session.to_bytes(16, "little")
    return session + encode_sender(tag.sender) + _U64.pack(tag.round)


def decode_tag(data: bytes) -> Tag:
    """Return the tag of untrusted bytes; raise `Malformed` for anything but exactly one tag."""
    if len(data) < 16:
        raise Malformed("tag", "shorter than a session id")
    sender, end = _sender(data, 16, "tag")
    if len(data) != end + 8:
        raise Malformed("tag", "wrong length")
    return Tag(int.from_bytes(data[:16], "little"), sender, _U64.unpack_from(data, end)[0])


def encode_sender(sender: str) -> bytes:
    """Return the bytes of a health check's tag."""
    name = sender.encode()
    return _U64.pack(len(name)) + name


def decode_sender(data: bytes) -> str:
    """Return the sender of a health check's untrusted tag; raise `Malformed` otherwise."""
    sender, end = _sender(data, 0, "health tag")
    if len(data) != end:
        raise Malformed("health tag", "wrong length")
    return sender


def _sender(data: bytes, start: int, what: str) -> tuple[str, int]:
    if len(data) < start + 8:
        raise Malformed(what, "too short for the length of a sender")
    length: int = _U64.unpack_from(data, start)[0]
    if length > MAX_PARTY:
        raise Malformed(what, "sender longer than a party id")
    end = start + 8 + length
    if len(data) < end:
        raise Malformed(what, "sender cut short")
    name = data[start + 8 : end].decode("ascii", "replace")
    if not is_party_id(name):
        raise Malformed(what, "sender is no party id")
    return name, end
