"""Changes documents at random, most of them where their structure is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from partywire_nitro_attest.development.certified import Blueprint
from partywire_nitro_attest.envelope import read_envelope

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from partywire_nitro_attest.development import Making

CONTENT: Final = 0.02
"""The share of changes within long strings: each costs a chain of certificates to refuse."""
RARELY: Final = 0.01
"""The share of those that leave the payload as it is, or give it the signature of another."""
HEADS: Final = bytes.fromhex(
    "00171819 1a1b1f20 37 40 5758595a5b5f 607778 7f 80 8498 9f a0a9b8 bf c0d2d8 f4f5f6f7 f9fafbff"
)
ORDER: Final = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffff"
    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    16,
)


@attrs.frozen
class Original:
    """A document, and where in it the structure is, and where the content of long strings."""

    raw: bytes
    now: float
    payload: bytes
    structure: tuple[int, ...]
    content: tuple[int, ...]


def original(raw: bytes, now: float) -> Original:
    envelope = read_envelope(raw)
    inside = {
        position
        for string in [*strings(envelope.fields), envelope.signature]
        if len(string) >= 24
        for start in places(raw, string)
        for position in range(start, start + len(string))
    }
    structure = tuple(position for position in range(len(raw)) if position not in inside)
    return Original(raw, now, envelope.payload, structure, tuple(sorted(inside)))


def shortened(making: Making) -> Making:
    """Let the region issue the leaf, so that a document costs fewer signatures to judge."""
    chain, found = making.chain, making.chain.leaf.certificate
    begin, end = found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()
    extensions = tuple((each.value, each.critical) for each in found.extensions)
    leaf = Blueprint(found.subject, begin, end, extensions).made(chain.region)
    said = making.saying(certificate=leaf.der, cabundle=[chain.root.der, chain.region.der])
    return attrs.evolve(said, key=leaf.key)


def strings(item: object) -> Iterator[bytes]:
    if isinstance(item, (bytes, str)):
        yield item if isinstance(item, bytes) else item.encode()
    elif isinstance(item, dict):
        for value in item.values():
            yield from strings(value)
    elif isinstance(item, list):
        for value in item:
            yield from strings(value)


def places(raw: bytes, string: bytes) -> Iterator[int]:
    start = raw.find(string)
    while start >= 0:
        yield start
        start = raw.find(string, start + len(string))


def mutated(one: Original, other: Original, chance: random.Random) -> bytes:
    """Change a document in one to three ways, and often make its lengths fit again."""
    if chance.random() < RARELY:
        return chance.choice(RARE)(one.raw, one, other, chance)
    raw = one.raw
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        raw = chance.choice(MUTATIONS)(raw, one, other, chance)
    return rewrapped(raw) if chance.random() < 0.3 else raw


def rewrapped(raw: bytes) -> bytes:
    """What stands between the head of the payload and the signature gets the length that it has."""
    payload = raw[10:-98]
    return raw[:7] + b"\x59" + len(payload).to_bytes(2, "big") + payload + raw[-98:]


def _place(raw: bytes, one: Original, chance: random.Random) -> int:
    places = one.content if chance.random() < CONTENT else one.structure
    return min(chance.choice(places), max(len(raw) - 1, 0))


def _flipped(raw: bytes, one: Original, _: Original, chance: random.Random) -> bytes:
    at = _place(raw, one, chance)
    return raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :] if raw else raw


def _another_byte(raw: bytes, one: Original, _: Original, chance: random.Random) -> bytes:
    at = _place(raw, one, chance)
    return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]


def _another_head(raw: bytes, one: Original, _: Original, chance: random.Random) -> bytes:
    at = chance.choice(one.structure)
    return raw[:at] + bytes([chance.choice(HEADS)]) + raw[at + 1 :]


def _inserted(raw: bytes, one: Original, _: Original, chance: random.Random) -> bytes:
    at = _place(raw, one, chance)
    return raw[:at] + chance.randbytes(chance.choice((1, 1, 2, 9, 100))) + raw[at:]


def _removed(raw: bytes, one: Original, _: Original, chance: random.Random) -> bytes:
    at = _place(raw, one, chance)
    return raw[:at] + raw[at + chance.choice((1, 1, 2, 9, 100)) :]


def _repeated(raw: bytes, one: Original, _: Original, chance: random.Random) -> bytes:
    at = _place(raw, one, chance)
    return raw[:at] + raw[at : at + chance.choice((1, 5, 50, 500))] + raw[at:]


def _cut(raw: bytes, _: Original, __: Original, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def _crossed(raw: bytes, one: Original, other: Original, chance: random.Random) -> bytes:
    at, there = chance.choice(one.structure), chance.choice(other.structure)
    return raw[:at] + other.raw[there:]


def _signed_by_other(raw: bytes, _: Original, other: Original, __: random.Random) -> bytes:
    return raw[:-96] + other.raw[-96:]


def _tagged(raw: bytes, _: Original, __: Original, chance: random.Random) -> bytes:
    return chance.choice((b"\xd2", b"\xd8\x12", b"\xd1", b"\xd9\xd9\xf7")) + raw


def _the_other_s(raw: bytes, _: Original, __: Original, ___: random.Random) -> bytes:
    s = int.from_bytes(raw[-48:], "big")
    return raw[:-48] + ((ORDER - s) % ORDER).to_bytes(48, "big")


MUTATIONS: Final[tuple[Callable[[bytes, Original, Original, random.Random], bytes], ...]] = (
    *(_flipped,) * 4,
    *(_another_byte,) * 4,
    *(_another_head,) * 4,
    *(_inserted,) * 2,
    *(_removed,) * 2,
    *(_repeated,) * 2,
    _cut,
    _crossed,
)
RARE: Final = (_signed_by_other, _tagged, _the_other_s)
