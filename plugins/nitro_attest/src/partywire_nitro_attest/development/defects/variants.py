"""What looks odd and is sound: a verifier that refuses one of these would refuse genuine ones."""

from typing import Final

from partywire_nitro_attest.development.cbor import Raw
from partywire_nitro_attest.development.chain import HOUR
from partywire_nitro_attest.development.defects.signatures import ORDER, joined, scalars, signing
from partywire_nitro_attest.development.defects.stages import (
    Defects,
    saying,
    tagged,
    with_payload,
)
from partywire_nitro_attest.development.defects.standings import at
from partywire_nitro_attest.development.making import definite, es384, indefinite

_MOST: Final = bytes(1024)

VARIANTS: Final[Defects] = {
    "nothing odd": lambda making: making.document(),
    "a map with a length": with_payload(definite),
    "a map without a length": with_payload(indefinite),
    "the tag of COSE_Sign1": lambda making: tagged(18, Raw(making.document())).encoded,
    "a high s": signing(lambda payload, key: _with_s(es384(payload, key), high=True)),
    "a low s": signing(lambda payload, key: _with_s(es384(payload, key), high=False)),
    "nothing carried": saying(public_key=None, user_data=None, nonce=None),
    "1024 bytes carried in each": saying(public_key=_MOST, user_data=_MOST, nonce=_MOST),
    "empty user data": saying(user_data=b""),
    "an unknown field": saying(unknown=[1, {"of": b"any", "kind": None}]),
    "32 PCRs": lambda making: making.saying(
        pcrs={index: index.to_bytes(48) for index in range(32)}
    ).document(),
    "50 seconds ahead": at(50),
    "an hour old": at(-HOUR, leaf_at=-HOUR),
    "three hours old, by a leaf that is about to end": at(-10, leaf_at=-3 * HOUR + 10),
}
"""Which a verifier takes."""


def _with_s(signed: bytes, *, high: bool) -> bytes:
    """Return the signature with one of the two numbers s that are good."""
    r, s = scalars(signed)
    return joined(r, s if (s > ORDER // 2) == high else ORDER - s)
