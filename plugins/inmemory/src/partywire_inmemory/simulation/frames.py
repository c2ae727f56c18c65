"""What crosses a link, as bytes. All numbers are little-endian.

Frame: kind (1), number (8), body

    kind        number                          body
    0 HELLO     0                               a step of the hello
    1 WELCOME   0                               the end of the hello
    2 BATCH     counts the connection's batches  by `partywire.delivery.codec`
    3 RECEIPT   that of its batch               by `partywire.delivery.codec`
    4 GOODBYE   0                               why, UTF-8; the sending end is gone
    5 REFUSAL   0                               why, UTF-8; and it is not worth another try

A step of the hello: version (4), started (8), clock (8), then each with its length (4) before it:
kind, incarnation, roster, nonce, echo, slot, features (separated by commas)

The end of the hello: 1 where the rosters agree, else 0 (1), the way back or 0 (1), its seconds (8),
and the server's proof to the end
"""

import struct
from enum import IntEnum
from typing import Final, NamedTuple

from partywire.delivery.hello import Hello, Welcome, told_way
from partywire.delivery.reader import ByteReader
from partywire.errors import Malformed

_FRAME: Final = struct.Struct("<BQ")
_HELLO: Final = struct.Struct("<Idd")
_LENGTH: Final = struct.Struct("<I")
_WELCOME: Final = struct.Struct("<?Bd")


class Kind(IntEnum):
    """What a frame is."""

    HELLO = 0
    WELCOME = 1
    BATCH = 2
    RECEIPT = 3
    GOODBYE = 4
    REFUSAL = 5


class Frame(NamedTuple):
    """One frame, with its body still as bytes."""

    kind: Kind
    number: int
    body: bytes


def encode_frame(kind: Kind, number: int, body: bytes) -> bytes:
    """Return the bytes of a frame."""
    return _FRAME.pack(kind, number) + body


def size_of(frame: Frame) -> int:
    """Return how many bytes a frame is on its way."""
    return _FRAME.size + len(frame.body)


def decode_frame(data: bytes) -> Frame:
    """Return the frame of untrusted bytes, or raise `Malformed`."""
    try:
        kind, number = _FRAME.unpack_from(data)
        return Frame(Kind(kind), number, data[_FRAME.size :])
    except (struct.error, ValueError):
        raise Malformed("frame", "too short, or of unknown kind") from None


def encode_hello(hello: Hello) -> bytes:
    """Return the bytes of a step of the hello."""
    parts = [_HELLO.pack(hello.version, hello.started, hello.clock)]
    for field in (
        hello.kind.encode(),
        hello.incarnation,
        hello.roster,
        hello.nonce,
        hello.echo,
        hello.slot,
        ",".join(hello.features).encode(),
    ):
        parts += (_LENGTH.pack(len(field)), field)
    return b"".join(parts)


def decode_hello(data: bytes) -> Hello:
    """Return the step of untrusted bytes, or raise `Malformed`."""
    reader = ByteReader(data, "hello")
    version, started, clock = reader.unpack(_HELLO)
    kind, incarnation, roster, nonce, echo, slot, features = (
        reader.take(*reader.unpack(_LENGTH)) for _ in range(7)
    )
    reader.end()
    try:
        names, kind_name = features.decode(), kind.decode()
    except UnicodeDecodeError:
        raise Malformed("hello", "a field that is not UTF-8") from None
    return Hello(
        kind=kind_name,
        incarnation=incarnation,
        started=started,
        roster=roster,
        clock=clock,
        nonce=nonce,
        echo=echo,
        features=tuple(filter(None, names.split(","))),
        slot=slot,
        version=version,
    )


def encode_welcome(welcome: Welcome) -> bytes:
    """Return the bytes of the end of a hello."""
    there = welcome.way_back
    way, seconds = (there.way, there.seconds) if there else (0, 0.0)
    return _WELCOME.pack(welcome.roster_agrees, way, seconds) + welcome.proof


def decode_welcome(data: bytes) -> Welcome:
    """Return the end of a hello of untrusted bytes, or raise `Malformed`."""
    reader = ByteReader(data, "welcome")
    agrees, way, seconds = reader.unpack(_WELCOME)
    return Welcome(agrees, told_way(way, seconds), data[_WELCOME.size :])
