"""A proof: what a party's TLS key signs of one connection, in answer to a challenge.

Signed, by ECDSA on P-256 with SHA-256, is this:

    size  field
    26    the text ``partywire-operator proof 1``
    rest  the binding, a digest of at most 64 bytes

TLS signs nothing that begins so: neither a handshake nor a certificate can be taken for a proof.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256

from partywire.errors import EvidenceInvalid
from partywire_grpc.certificates.reading import Leaf

_LABEL: Final = b"partywire-operator proof 1"
_BY: Final = ECDSA(SHA256())

NONE: Final = "it gave no proof of this connection; the operator's attester of it has to make one"
UNASKED: Final = "it gave a proof that it was not asked for"
OF_ANOTHER: Final = "its proof is of another connection, or by another key than its certificate's"
OTHER_KEY: Final = "its certificate is of a key that makes no proofs; one on the curve P-256 does"


def prove(key: EllipticCurvePrivateKey, binding: bytes) -> bytes:
    """Return a proof that the holder of that key is at the end of one connection."""
    return key.sign(_LABEL + binding, _BY)


def check_proof(leaf: Leaf, expected: str, proof: bytes, binding: bytes | None) -> None:
    """Check that the key of a certificate has signed exactly that binding.

    Raises:
        EvidenceInvalid: it has not.
    """
    if binding is None:
        raise EvidenceInvalid(expected, UNASKED)
    key = leaf.parsed.public_key()
    if not isinstance(key, EllipticCurvePublicKey):
        raise EvidenceInvalid(expected, OTHER_KEY)
    if not proof:
        raise EvidenceInvalid(expected, NONE)
    try:
        key.verify(proof, _LABEL + binding, _BY)
    except InvalidSignature:
        raise EvidenceInvalid(expected, OF_ANOTHER) from None
