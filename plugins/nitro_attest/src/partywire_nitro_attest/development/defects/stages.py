"""What the tables of defects share: how one stage of a sound document is replaced."""

from collections.abc import Callable, Mapping
from functools import partial

import attrs

from partywire_nitro_attest.development.cbor import (
    BREAK,
    BYTES,
    Item,
    Raw,
    encoded,
    head,
    open_head,
)
from partywire_nitro_attest.development.chain import Chain, Change, issued
from partywire_nitro_attest.development.making import (
    PROTECTED,
    Fields,
    Making,
    enveloped,
    signature,
    to_be_signed,
)

Defect = Callable[[Making], bytes]
"""Makes of a sound document's making one that has to be refused."""
Defects = Mapping[str, Defect]
"""By what is wrong with the document."""


def with_header(protected: bytes) -> Defect:
    """Another protected header, which is signed as it is."""
    return with_parts(protected=protected, signed_header=protected)


def with_parts(*, signed_header: bytes = PROTECTED, **parts: Item) -> Defect:
    """Other items in the envelope: ``protected`` or ``unprotected``."""

    def made(making: Making) -> bytes:
        return attrs.evolve(
            making,
            sign=lambda payload, key: signature(
                to_be_signed(payload, protected=signed_header), key
            ),
            envelope=partial(enveloped, **parts),
        ).document()

    return made


def with_envelope(envelope: Callable[[bytes, bytes], bytes]) -> Defect:
    """Another envelope around a payload and a signature that are sound."""
    return lambda making: attrs.evolve(making, envelope=envelope).document()


def with_payload(encode: Callable[[Fields], bytes]) -> Defect:
    """Another payload, which is signed as it is."""
    return lambda making: attrs.evolve(making, encode=encode).document()


def saying(**said: Item) -> Defect:
    """Other words in the same fields."""
    return lambda making: making.saying(**said).document()


def silent_on(name: str) -> Defect:
    """One field less."""
    return lambda making: making.silent_on(name).document()


def reissued(making: Making, **changes: Change) -> Chain:
    """Return a new chain below the same root, for the same enclave, with these changes."""
    return issued(making.chain.root, module_id=making.module_id, now=making.now, changes=changes)


def chunked(content: bytes, major: int = BYTES) -> Raw:
    """Return a string in two chunks."""
    half = len(content) // 2
    chunks = (content[:half], content[half:])
    written = b"".join(head(major, len(chunk)) + chunk for chunk in chunks)
    return Raw(open_head(major) + written + BREAK)


def widely(content: bytes, major: int = BYTES, width: int = 4) -> Raw:
    """Return a string whose length is written in more bytes than it needs."""
    return Raw(head(major, len(content), width) + content)


def tagged(tag: int, item: Item) -> Raw:
    """Return an item with a tag before it."""
    return Raw(head(6, tag) + encoded(item))
