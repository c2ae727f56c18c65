"""What is wrong around the payload, which is sound itself; the signature is over what stands."""

from collections.abc import Callable
from typing import Final

from partywire_nitro_attest.development.cbor import (
    ARRAY,
    BREAK,
    MAP,
    TEXT,
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
    with_envelope,
    with_header,
    with_parts,
)
from partywire_nitro_attest.development.making import PROTECTED, enveloped

_COSE_SIGN1: Final = 18


def _of(change: Callable[[bytes], bytes]) -> Defect:
    """Change the bytes of the document."""
    return lambda making: change(making.document())


def _signed_otherwise(change: Callable[[bytes], Raw]) -> Defect:
    """Write the signature otherwise."""
    return with_envelope(lambda payload, signed: enveloped(payload, change(signed)))


def _paid_otherwise(change: Callable[[bytes], Raw]) -> Defect:
    """Write the payload otherwise."""
    return with_envelope(lambda payload, signed: enveloped(change(payload), signed))


def _unbounded(payload: bytes, signed: bytes) -> bytes:
    return open_head(ARRAY) + enveloped(payload, signed)[1:] + BREAK


ENVELOPES: Final[Defects] = {
    "empty": _of(lambda _: b""),
    "one byte": _of(lambda document: document[:1]),
    "a byte short": _of(lambda document: document[:-1]),
    "a byte after the end": _of(lambda document: document + b"\0"),
    "a second document after the end": _of(lambda document: document * 2),
    "12289 bytes": _of(lambda document: document.ljust(12289, b"\0")),
    "text of it": _of(lambda document: document.hex().encode()),
    "wrapped in a byte string": _of(encoded),
    "wrapped as DER": _of(lambda document: b"\x04\x82" + len(document).to_bytes(2) + document),
    "three items": with_envelope(lambda payload, _: encoded([PROTECTED, {}, payload])),
    "five items": with_envelope(lambda *both: encoded([PROTECTED, {}, *both, None])),
    "no array": with_envelope(lambda *both: encoded({1: PROTECTED, 2: {}, 3: both[0], 4: both[1]})),
    "a long head of the array": _of(lambda document: head(ARRAY, 4, 1) + document[1:]),
    "an array without length": with_envelope(_unbounded),
    "another tag": _of(lambda document: tagged(17, Raw(document)).encoded),
    "the tag of COSE_Sign": _of(lambda document: tagged(98, Raw(document)).encoded),
    "the tag of CWT": _of(lambda document: tagged(61, tagged(_COSE_SIGN1, Raw(document))).encoded),
    "the tag twice": _of(
        lambda document: tagged(_COSE_SIGN1, tagged(_COSE_SIGN1, Raw(document))).encoded
    ),
    "a long head of the tag": _of(lambda document: head(6, _COSE_SIGN1, 2) + document),
    "algorithm ES256": with_header(encoded({1: -7})),
    "algorithm ES512": with_header(encoded({1: -36})),
    "algorithm EdDSA": with_header(encoded({1: -8})),
    "algorithm ES384 by name": with_header(encoded({1: "ES384"})),
    "no algorithm": with_header(encoded({})),
    "an empty header": with_header(b""),
    "the algorithm twice": with_header(bytes.fromhex("a2013822013822")),
    "two algorithms": with_header(bytes.fromhex("a2013822 0126")),
    "a critical header": with_header(encoded({1: -35, 2: [99], 99: 0})),
    "a key id in the header": with_header(encoded({1: -35, 4: b"1"})),
    "a long key in the header": with_header(bytes.fromhex("a118013822")),
    "a long algorithm in the header": with_header(bytes.fromhex("a101390022")),
    "a header without length": with_header(bytes.fromhex("bf013822ff")),
    "a byte after the header": with_header(PROTECTED + b"\0"),
    "a header that is no bytes": with_parts(protected={1: -35}),
    "a header in chunks": with_parts(protected=chunked(PROTECTED)),
    "a long length of the header": with_parts(protected=widely(PROTECTED)),
    "the algorithm outside too": with_parts(unprotected={1: -35}),
    "the algorithm outside alone": with_parts(
        protected=b"", unprotected={1: -35}, signed_header=b""
    ),
    "a key id outside": with_parts(unprotected={4: b"1"}),
    "unprotected null": with_parts(unprotected=Raw(b"\xf6")),
    "unprotected bytes": with_parts(unprotected=b"\xa0"),
    "unprotected without length": with_parts(unprotected=Raw(open_head(MAP) + BREAK)),
    "unprotected with a long head": with_parts(unprotected=Raw(head(MAP, 0, 1))),
    "payload null": _paid_otherwise(lambda _: Raw(b"\xf6")),
    "payload empty": with_envelope(lambda _, signed: enveloped(b"", signed)),
    "payload in chunks": _paid_otherwise(chunked),
    "payload with a long length": _paid_otherwise(widely),
    "payload as text": _paid_otherwise(lambda payload: Raw(head(TEXT, len(payload)) + payload)),
    "payload as a map": _paid_otherwise(Raw),
    "payload with a tag": _paid_otherwise(lambda payload: tagged(24, payload)),
    "signature in chunks": _signed_otherwise(chunked),
    "signature with a long length": _signed_otherwise(widely),
    "signature null": _signed_otherwise(lambda _: Raw(b"\xf6")),
    "signature as text": _signed_otherwise(lambda _: Raw(encoded("0" * 96))),
    "signature as two numbers": _signed_otherwise(
        lambda signed: Raw(encoded([signed[:48], signed[48:]]))
    ),
}
"""Structure of bytes: each of these is refused before the payload is looked at."""
