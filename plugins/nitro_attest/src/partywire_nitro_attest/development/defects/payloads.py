"""What is wrong with the payload's bytes; the signature is over them as they stand.

What no field may be stands in a field that nobody knows, so that nothing else is wrong with it.
"""

from collections.abc import Callable
from typing import Final

from partywire_nitro_attest.development.cbor import (
    ARRAY,
    BREAK,
    BYTES,
    MAP,
    TEXT,
    Item,
    Pairs,
    Raw,
    encoded,
    head,
    open_head,
)
from partywire_nitro_attest.development.defects.stages import (
    Defect,
    Defects,
    chunked,
    tagged,
    widely,
    with_payload,
)
from partywire_nitro_attest.development.making import Fields, Making, definite, indefinite

_DEEP: Final = 2000
_UNKNOWN: Final = "unknown"
_LONG_ZERO: Final = Raw(head(0, 0, 1))


def _beside(item: Item) -> Defect:
    """Put an item into a field of its own that no document has."""
    return lambda making: making.saying(**{_UNKNOWN: item}).document()


def _otherwise(field: str, change: Callable[[Item], Item]) -> Defect:
    """Write a field otherwise, which says the same."""
    return lambda making: making.saying(**{field: change(making.fields[field])}).document()


def _pcrs(change: Callable[[list[tuple[Item, Item]]], Item]) -> Defect:
    """Write the map of PCRs otherwise."""

    def made(making: Making) -> bytes:
        pcrs = making.fields["pcrs"]
        assert isinstance(pcrs, dict)  # noqa: S101
        return making.saying(pcrs=change(list(pcrs.items()))).document()

    return made


def _pairs(change: Callable[[list[tuple[Item, Item]]], list[tuple[Item, Item]]]) -> Defect:
    """Write the map of the payload otherwise."""

    def encode(said: Fields) -> bytes:
        return encoded(Pairs(change(list(said.items())), indefinite=True))

    return with_payload(encode)


def _text(item: Item) -> bytes:
    return str(item).encode()


def _chunked_items(item: Item) -> Item:
    items = item if isinstance(item, tuple) else ()
    return Raw(open_head(ARRAY) + b"".join(map(encoded, items)) + BREAK)


PAYLOADS: Final[Defects] = {
    "a byte inside, after the map": with_payload(lambda said: definite(said) + b"\0"),
    "a byte inside, after the break": with_payload(lambda said: indefinite(said) + b"\0"),
    "a second map inside": with_payload(lambda said: definite(said) * 2),
    "no break": with_payload(lambda said: indefinite(said)[:-1]),
    "a break within a pair": with_payload(
        lambda said: indefinite(said)[:-1] + encoded(_UNKNOWN) + BREAK
    ),
    "a pair less than announced": with_payload(lambda said: head(MAP, 10) + definite(said)[1:]),
    "more pairs announced than bytes can be": with_payload(
        lambda said: head(MAP, 2**63) + definite(said)[1:]
    ),
    "a break for an item": _beside(Raw(BREAK)),
    "a payload that is an array": with_payload(lambda said: encoded(list(said.values()))),
    "a payload with a tag": with_payload(lambda said: tagged(55799, Raw(definite(said))).encoded),
    "a payload with a long head": with_payload(lambda said: head(MAP, 9, 1) + definite(said)[1:]),
    "a field twice": _pairs(lambda pairs: [*pairs, ("nonce", b"another")]),
    "a field twice, and the same": _pairs(lambda pairs: [*pairs, pairs[0]]),
    "a field twice, once with a long head": _pairs(
        lambda pairs: [*pairs, (widely(b"nonce", TEXT, 1), b"another")]
    ),
    "an unknown field twice": _pairs(lambda pairs: [*pairs, (_UNKNOWN, 0), (_UNKNOWN, 0)]),
    "a PCR twice": _pcrs(lambda pcrs: Pairs([*pcrs, (0, bytes(48))])),
    "a PCR twice, and the same": _pcrs(lambda pcrs: Pairs([*pcrs, pcrs[0]])),
    "a PCR twice, once with a long key": _pcrs(
        lambda pcrs: Pairs([*pcrs, (_LONG_ZERO, bytes(48))])
    ),
    "a long key of a PCR": _pcrs(lambda pcrs: Pairs([(_LONG_ZERO, pcrs[0][1]), *pcrs[1:]])),
    "PCRs without length": _pcrs(lambda pcrs: Pairs(pcrs, indefinite=True)),
    "PCRs with a long head": _pcrs(
        lambda pcrs: Raw(head(MAP, len(pcrs), 1) + encoded(Pairs(pcrs))[1:])
    ),
    "a certificate bundle without length": _otherwise("cabundle", _chunked_items),
    "a module_id in chunks": _otherwise("module_id", lambda item: chunked(_text(item), TEXT)),
    "a module_id with a long length": _otherwise(
        "module_id", lambda item: widely(_text(item), TEXT)
    ),
    "a certificate in chunks": lambda making: making.saying(
        certificate=chunked(making.chain.leaf.der)
    ).document(),
    "a certificate with a long length": lambda making: making.saying(
        certificate=widely(making.chain.leaf.der)
    ).document(),
    "a nonce in chunks": lambda making: making.saying(nonce=chunked(b"12")).document(),
    "a nonce in no chunks": lambda making: making.saying(
        nonce=Raw(open_head(BYTES) + BREAK)
    ).document(),
    "a tag on the time": _otherwise("timestamp", lambda item: tagged(1, item)),
    "a tag on the public key": lambda making: making.saying(
        public_key=tagged(24, b"key")
    ).document(),
    "a bignum for the time": _otherwise(
        "timestamp", lambda item: tagged(2, item.to_bytes(8) if isinstance(item, int) else b"")
    ),
    "a half float": _beside(Raw(bytes.fromhex("f93c00"))),
    "a float": _beside(Raw(bytes.fromhex("fa3f800000"))),
    "a double": _beside(Raw(bytes.fromhex("fb3ff0000000000000"))),
    "undefined": _beside(Raw(b"\xf7")),
    "a simple value": _beside(Raw(b"\xe0")),
    "a simple value of two bytes": _beside(Raw(bytes.fromhex("f8ff"))),
    "false in two bytes": _beside(Raw(bytes.fromhex("f814"))),
    "a tag with a date": _beside(tagged(0, "2026-06-30T00:33:40Z")),
    "a tag with a regular expression": _beside(tagged(35, "(a+)+$")),
    "a tag with a shared value": _beside(tagged(28, [tagged(29, 0)])),
    "a reserved head": _beside(Raw(b"\x1c")),
    "a number without length": _beside(Raw(b"\x1f")),
    "a long number": _beside(Raw(head(0, 23, 1))),
    "a long negative number": _beside(Raw(head(1, 0, 8))),
    "a key that is an array": _beside(Pairs([([], 0)])),
    "a key that is null": _beside(Pairs([(None, 0)])),
    "text that is no UTF-8": _beside(Raw(head(TEXT, 2) + b"\xc3\x28")),
    "text with half a surrogate pair": _beside(Raw(head(TEXT, 3) + b"\xed\xa0\x80")),
    "a key that is no UTF-8": _pairs(lambda pairs: [*pairs, (Raw(b"\x61\xff"), 0)]),
    "arrays within arrays": _beside(Raw(head(ARRAY, 1) * _DEEP + head(ARRAY, 0))),
    "arrays without length within such": _beside(Raw(open_head(ARRAY) * _DEEP + BREAK * _DEEP)),
    "maps within maps": _beside(Raw((head(MAP, 1) + head(0, 0)) * _DEEP + head(MAP, 0))),
    "tags within tags": _beside(Raw(head(6, 1) * _DEEP + head(0, 0))),
    "bytes longer than there are": _beside(Raw(head(BYTES, 2**63))),
    "an array longer than there is": _beside(Raw(head(ARRAY, 2**63))),
}
"""Strictness: no sound encoder writes these, and two decoders could read them differently."""
