"""How a document is made, in four stages: fields -> payload -> signature -> envelope.

Each stage is one plain function, and `Making` holds those of one document. Another function in the
place of one makes a document that is odd in that stage and sound in all others.
"""

from collections.abc import Callable, Mapping
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

from partywire_nitro_attest.development.cbor import Item, Pairs, encoded
from partywire_nitro_attest.development.chain import Chain

PROTECTED: Final = bytes.fromhex("a1013822")
"""The protected header: ES384."""

SCALAR_BYTES: Final = 48
Fields = Mapping[str, Item]
Encode = Callable[[Fields], bytes]
Sign = Callable[[bytes, ec.EllipticCurvePrivateKey], bytes]
Envelope = Callable[[bytes, bytes], bytes]


def fields(
    chain: Chain,
    *,
    module_id: str,
    now: float,
    pcrs: Mapping[int, bytes],
    public_key: bytes | None = None,
    user_data: bytes | None = None,
    nonce: bytes | None = None,
) -> Fields:
    """Return what a document says, in the order in which genuine ones say it.

    Args:
        chain: whose leaf signs it.
        module_id: the enclave.
        now: seconds since 1970; the document counts milliseconds.
        pcrs: 48 bytes each, by index.
        public_key: to be carried as it is, as ``user_data`` and ``nonce`` are.
        user_data: see there.
        nonce: see there.
    """
    return {
        "module_id": module_id,
        "digest": "SHA384",
        "timestamp": int(now * 1000),
        "pcrs": dict(sorted(pcrs.items())),
        "certificate": chain.leaf.der,
        "cabundle": chain.bundle,
        "public_key": public_key,
        "user_data": user_data,
        "nonce": nonce,
    }


def indefinite(said: Fields) -> bytes:
    """Return the payload as modules write it since August 2025: a map that ends with a break."""
    return encoded(Pairs(tuple(said.items()), indefinite=True))


def definite(said: Fields) -> bytes:
    """Return the payload as modules wrote it until spring 2025: a map with a length."""
    return encoded(said)


def to_be_signed(
    payload: bytes, *, protected: bytes = PROTECTED, context: str = "Signature1", aad: bytes = b""
) -> bytes:
    """Return what COSE signs of a payload (RFC 9052, 4.4)."""
    return encoded([context, protected, aad, payload])


def signature(signed: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the ECDSA signature with SHA-384 of these bytes, as r || s of 48 bytes each."""
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA384())))
    return r.to_bytes(SCALAR_BYTES) + s.to_bytes(SCALAR_BYTES)


def es384(payload: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the signature of a payload."""
    return signature(to_be_signed(payload), key)


def enveloped(
    payload: Item, signed: Item, *, protected: Item = PROTECTED, unprotected: Item = None
) -> bytes:
    """Return the COSE_Sign1 message, without a tag as modules write it."""
    return encoded([protected, {} if unprotected is None else unprotected, payload, signed])


@attrs.frozen
class Making:
    """What one document is made of, and how. `attrs.evolve` changes a stage of it.

    Attributes:
        now: seconds since 1970 at which it is made.
        chain: whose leaf vouches for it.
        fields: what it says.
        key: what it is signed by: the leaf's key in a sound one.
        encode: the second stage, as `indefinite` and `definite` are.
        sign: the third stage, as `es384` is.
        envelope: the last stage, as `enveloped` is.
    """

    now: float
    chain: Chain
    fields: Fields
    key: ec.EllipticCurvePrivateKey = attrs.field(repr=False)
    encode: Encode = indefinite
    sign: Sign = es384
    envelope: Envelope = enveloped

    def document(self) -> bytes:
        """Return the document."""
        payload = self.encode(self.fields)
        return self.envelope(payload, self.sign(payload, self.key))

    @property
    def module_id(self) -> str:
        """The enclave that it names."""
        return str(self.fields["module_id"])

    def saying(self, **said: Item) -> "Making":
        """Return one whose document says these things, in their places; it is signed as before."""
        return attrs.evolve(self, fields={**self.fields, **said})

    def silent_on(self, name: str) -> "Making":
        """Return one whose document lacks that field."""
        kept = {each: value for each, value in self.fields.items() if each != name}
        return attrs.evolve(self, fields=kept)

    def under(self, chain: Chain) -> "Making":
        """Return one that another chain vouches for, whose leaf signs it."""
        said = self.saying(certificate=chain.leaf.der, cabundle=chain.bundle)
        return attrs.evolve(said, chain=chain, key=chain.leaf.key)
