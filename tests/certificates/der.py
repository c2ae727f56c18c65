"""A certificate taken apart and put together again, for what no builder makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.certificates.building import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCE = 0x30
BIT_STRING = 0x03
VERSION = 0xA0
EXTENSIONS = 0xA3
RSASSA_PSS = bytes.fromhex("06092a864886f70d01010a")
_PUBLIC_KEY = 6
"""The place of the public key in what is signed."""


def packed(tag: int, content: bytes) -> bytes:
    """An element of DER."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 128 | len(length)]) + length + content


def unpacked(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The tag, the content and all of each element."""
    at = 0
    while at < len(data):
        size, body = data[at + 1], at + 2
        if size >= 128:
            body += size & 127
            size = int.from_bytes(data[at + 2 : body])
        yield data[at], data[body : body + size], data[at : body + size]
        at = body + size


def version_one(held: Held, *, extensions: bool) -> Held:
    """The same certificate of X.509 version 1, signed again by its own key."""
    ((_, whole, _),) = unpacked(held.der)
    (_, to_sign, _), (_, _, algorithm), _ = unpacked(whole)
    dropped = {VERSION} if extensions else {VERSION, EXTENSIONS}
    kept = b"".join(element for tag, _, element in unpacked(to_sign) if tag not in dropped)
    signed = packed(SEQUENCE, kept)
    signature = held.key.sign(signed, ec.ECDSA(SHA256()))
    parts = (signed, algorithm, packed(BIT_STRING, b"\0" + signature))
    return Held(packed(SEQUENCE, b"".join(parts)), held.key)


def for_pss_alone(held: Held) -> Held:
    """The same certificate of an RSA key, for RSASSA-PSS alone (RFC 4055); its signature breaks."""
    ((_, whole, _),) = unpacked(held.der)
    (_, to_sign, _), *signature = unpacked(whole)
    elements = [element for *_, element in unpacked(to_sign)]
    ((_, key, _),) = unpacked(elements[_PUBLIC_KEY])
    *_, (_, _, bits) = unpacked(key)
    elements[_PUBLIC_KEY] = packed(SEQUENCE, packed(SEQUENCE, RSASSA_PSS) + bits)
    parts = [packed(SEQUENCE, b"".join(elements)), *(element for *_, element in signature)]
    return Held(packed(SEQUENCE, b"".join(parts)), held.key)
