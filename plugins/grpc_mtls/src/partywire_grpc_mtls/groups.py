"""Which key exchange a server would agree on with a node; does no I/O.

gRPC tells nobody what it has agreed on as a client, and Python's own TLS may offer less. So a
ClientHello (RFC 8446, section 4.1.2) offers what gRPC does, and comes with no share of a key: the
server has to name the group that it wants in a HelloRetryRequest, which is in plain text.
"""

import os
from collections.abc import Iterable
from typing import Final

GROUPS: Final = {
    0x11EC: "X25519MLKEM768",
    0x001D: "X25519",
    0x0017: "P-256",
    0x0018: "P-384",
    0x0019: "P-521",
}
"""What gRPC offers, in its order (seen with grpcio 1.85)."""
POST_QUANTUM: Final = "X25519MLKEM768"
MOST: Final = 4096
"""Bytes of the answer that are looked at."""

_SUITES: Final = (0x1301, 0x1302, 0x1303)
_SIGNATURES: Final = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601)
_RETRY: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random value of every HelloRetryRequest (RFC 8446, section 4.1.3)."""
_KEY_SHARE: Final = 51
_HELLO: Final = b"\x16\x03\x03"
_HEAD: Final = 4 + 2 + 32
"""Bytes before the session id: kind and length of the message, version, random value."""


def client_hello() -> bytes:
    """Return the record to be sent."""
    extensions = b"".join(
        (
            _extension(10, _vector(_numbers(GROUPS))),
            _extension(13, _vector(_numbers(_SIGNATURES))),
            _extension(16, _vector(b"\x02h2")),
            _extension(43, b"\x02" + _numbers([0x0304])),
            _extension(_KEY_SHARE, _vector(b"")),
        )
    )
    body = b"".join(
        (
            b"\x03\x03" + os.urandom(32),
            b"\x20" + os.urandom(32),
            _vector(_numbers(_SUITES)),
            b"\x01\x00",
            _vector(extensions),
        )
    )
    return _HELLO + _vector(b"\x01" + len(body).to_bytes(3) + body)


def is_whole(answer: bytes) -> bool:
    """Tell whether the first record has come, or whatever else comes is of no use."""
    size = 5 + int.from_bytes(answer[3:5]) if len(answer) >= 5 else MOST
    return len(answer) >= min(size, MOST)


def group_of(answer: bytes) -> str | None:
    """Return the name of the group that a server asks for; None where it asks for none."""
    message = answer[5 : 5 + int.from_bytes(answer[3:5])]
    if answer[:1] != b"\x16" or message[:1] != b"\x02" or message[6:_HEAD] != _RETRY:
        return None
    after_id = message[_HEAD + 1 + _first(message[_HEAD:]) :]
    rest = after_id[5:]  # cipher suite, compression, length of the extensions
    while len(rest) >= 4:
        kind, size = int.from_bytes(rest[:2]), int.from_bytes(rest[2:4])
        if kind == _KEY_SHARE and size == 2:
            return GROUPS.get(int.from_bytes(rest[4:6]))
        rest = rest[4 + size :]
    return None


def _first(data: bytes) -> int:
    return data[0] if data else 0


def _numbers(numbers: Iterable[int]) -> bytes:
    return b"".join(number.to_bytes(2) for number in numbers)


def _vector(content: bytes) -> bytes:
    return len(content).to_bytes(2) + content


def _extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2) + _vector(content)
