"""What is wrong with the signature; all else is sound."""

from collections.abc import Callable
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from partywire_nitro_attest.development.certified import new_key
from partywire_nitro_attest.development.defects.stages import Defect, Defects
from partywire_nitro_attest.development.making import (
    SCALAR_BYTES,
    Making,
    Sign,
    es384,
    signature,
    to_be_signed,
)

ORDER: Final = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffff"
    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    16,
)
"""How many points P-384 has (SEC 2, 2.5.1)."""


def scalars(signed: bytes) -> tuple[int, int]:
    """Return r and s of a signature."""
    return int.from_bytes(signed[:SCALAR_BYTES]), int.from_bytes(signed[SCALAR_BYTES:])


def joined(r: int, s: int) -> bytes:
    """Return a signature of these two numbers."""
    return r.to_bytes(SCALAR_BYTES) + s.to_bytes(SCALAR_BYTES)


def signing(sign: Sign) -> Defect:
    """Sign in another way."""
    return lambda making: attrs.evolve(making, sign=sign).document()


def _changed(change: Callable[[bytes], bytes]) -> Defect:
    """Change the bytes of a good signature."""
    return signing(lambda payload, key: change(es384(payload, key)))


def _by(key_of: Callable[[Making], ec.EllipticCurvePrivateKey]) -> Defect:
    """Sign with another key."""
    return lambda making: attrs.evolve(making, key=key_of(making)).document()


def _der(signed: bytes) -> bytes:
    return encode_dss_signature(*scalars(signed))


def _flipped(signed: bytes) -> bytes:
    return signed[:-1] + bytes([signed[-1] ^ 1])


def _of_another_payload(payload: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    changed = bytearray(payload)
    changed[len(payload) // 2] ^= 1
    return es384(bytes(changed), key)


def _of_sha256(payload: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    return joined(*decode_dss_signature(key.sign(to_be_signed(payload), ec.ECDSA(SHA256()))))


SIGNATURES: Final[Defects] = {
    "a signature of zeros": _changed(lambda _: bytes(96)),
    "r is zero": _changed(lambda signed: joined(0, scalars(signed)[1])),
    "s is zero": _changed(lambda signed: joined(scalars(signed)[0], 0)),
    "r is the order": _changed(lambda signed: joined(ORDER, scalars(signed)[1])),
    "s is the order": _changed(lambda signed: joined(scalars(signed)[0], ORDER)),
    "r is the largest number": _changed(lambda signed: b"\xff" * 48 + signed[48:]),
    "s is the largest number": _changed(lambda signed: signed[:48] + b"\xff" * 48),
    "r and s changed places": _changed(lambda signed: signed[48:] + signed[:48]),
    "r is off by one": _changed(
        lambda signed: joined((scalars(signed)[0] + 1) % ORDER, scalars(signed)[1])
    ),
    "a signature of no bytes": _changed(lambda _: b""),
    "a signature of 64 bytes": _changed(lambda signed: signed[:64]),
    "a signature of 95 bytes": _changed(lambda signed: signed[:95]),
    "a signature of 97 bytes": _changed(lambda signed: signed + b"\0"),
    "a signature of 132 bytes": _changed(lambda signed: signed.ljust(132, b"\0")),
    "a signature in DER": _changed(_der),
    "a bit of the signature flipped": _changed(_flipped),
    "a bit of the payload flipped": signing(_of_another_payload),
    "signed by another key": _by(lambda _: new_key()),
    "signed by the instance": _by(lambda making: making.chain.instance.key),
    "signed by the root": _by(lambda making: making.chain.root.key),
    "signed for another context": signing(
        lambda payload, key: signature(to_be_signed(payload, context="Signature"), key)
    ),
    "signed as a countersignature": signing(
        lambda payload, key: signature(to_be_signed(payload, context="CounterSignature"), key)
    ),
    "signed with further data": signing(
        lambda payload, key: signature(to_be_signed(payload, aad=b"\0"), key)
    ),
    "signed with an empty header": signing(
        lambda payload, key: signature(to_be_signed(payload, protected=b""), key)
    ),
    "signed without a context": signing(signature),
    "signed by its SHA-256": signing(_of_sha256),
}
"""Signatures that are out of range, of another form, of somebody else, or of something else."""
