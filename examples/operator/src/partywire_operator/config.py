"""The keys in a config: by which key this party's operator signs, and which its peers' have."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from partywire.delivery.limits import HOUR, Between, Unit
from partywire_grpc.certificates.files import Unfit, read_private, read_public

PRIVATE: Final = "no private key of Ed25519 is in it, in PEM and not encrypted"
PUBLIC: Final = "no public key of Ed25519 is in it, in PEM"

_load_private: Final = partial(load_pem_private_key, password=None)


def _private_key(config: "OperatorConfig") -> Ed25519PrivateKey:
    field = attrs.fields(OperatorConfig).signer
    key = _loaded(config.signer, read_private, _load_private, field)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{config.signer}: {PRIVATE}", field)
    return key


def _public_key(peer: "OperatorPeer") -> Ed25519PublicKey:
    field = attrs.fields(OperatorPeer).operator
    key = _loaded(peer.operator, read_public, load_pem_public_key, field)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{peer.operator}: {PUBLIC}", field)
    return key


def _loaded(
    path: Path,
    read: Callable[[Path], bytes],
    load: Callable[[bytes], object],
    field: "attrs.Attribute[Any]",
) -> object:
    """Return the key in a file, or None. Raises ValueError for a file of no use, as validators."""
    try:
        return load(read(path))
    except Unfit as unfit:
        raise ValueError(f"{path}: {unfit.problem}", field) from None
    except Exception:  # whatever the library raises; its words may be about what it read
        return None


@attrs.frozen
class OperatorConfig:
    """``[attester]`` with ``plugin = "operator"``. The key is read when the config is."""

    signer: Path
    """A file with the private key of this party's operator, which nobody else can read."""
    lifetime: Annotated[float, Unit("seconds"), Between(2, 31 * 24 * HOUR)] = HOUR
    """For how long a certificate is good; a new one is made when half of that is over. New
    connections come with it, and with these as many proofs as `limits.proof_pause` lets pass."""
    key: Ed25519PrivateKey = attrs.field(
        init=False, repr=False, eq=False, default=attrs.Factory(_private_key, takes_self=True)
    )


@attrs.frozen
class OperatorPeer:
    """The verifier's share of each ``[[peer]]``. The key is read when the config is."""

    operator: Path
    """A file with the public key of that peer's operator."""
    level: Literal["bound", "certificate"] = "bound"
    """Whether the peer has to prove on each connection that it holds the certificate's key."""
    key: Ed25519PublicKey = attrs.field(
        init=False, repr=False, default=attrs.Factory(_public_key, takes_self=True)
    )


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return SHA-256 of a public key in DER, in hexadecimal digits, for people to compare."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()
