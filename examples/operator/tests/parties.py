"""Two parties with their operators: certificates, evidence of them, and configs."""

from __future__ import annotations

import socket
from contextlib import suppress
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.making import SET_BACK, self_signed
from partywire_operator import OperatorPeer, OperatorVerifier
from partywire_operator.proof import prove
from partywire_operator.voucher import vouch

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.x509 import Certificate, ExtensionType, UnrecognizedExtension

NOW = 1_700_000_000.0
HOUR = 3600.0
BINDING = b"one connection".ljust(48, b".")

LIMITS = {
    "retry_first": "5ms",
    "retry_longest": "50ms",
    "shutdown_grace": "1s",
    "proof_pause": "10ms",
}
"""Of nodes whose certificates live for seconds: new connections, and proofs, come as often."""

OPERATORS = {name: Ed25519PrivateKey.generate() for name in ("alice", "bob")}
"""The operator of each party."""
KEYS = {name: generate_private_key(SECP256R1()) for name in OPERATORS}
"""The TLS key of each party."""


def voucher(
    party: str,
    by: str = "",
    key: EllipticCurvePublicKey | None = None,
    begin: float = NOW - SET_BACK,
    end: float = NOW + HOUR,
) -> UnrecognizedExtension:
    """What the operator of ``by`` signs of the certificate of a party."""
    return vouch(OPERATORS[by or party], party, key or KEYS[party].public_key(), begin, end)


def leaf(party: str, *carrying: ExtensionType) -> Certificate:
    """A certificate of that party, good for an hour from `NOW`, that carries these."""
    made = self_signed(party, now=NOW, lifetime=HOUR, key=KEYS[party], carrying=carrying)
    return made.certificate


def shown(
    certificate: Certificate,
    claimed: str,
    key: EllipticCurvePrivateKey | None = None,
    binding: bytes = BINDING,
) -> TlsEvidence:
    """Evidence of a certificate, with a proof by that key, or with none."""
    proof = prove(key, binding) if key else b""
    return TlsEvidence(claimed, "a test", certificate.public_bytes(Encoding.DER), proof=proof)


def written(folder: Path) -> dict[str, Path]:
    """Write both halves of every operator's key into a folder; return the public ones."""
    for party, operator in OPERATORS.items():
        private = folder / f"{party}.key"
        private.touch(0o600)
        private.write_bytes(
            operator.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        public = operator.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{party}.pub").write_bytes(public)
    return {party: folder / f"{party}.pub" for party in OPERATORS}


def secret(party: str) -> bytes:
    """The private key of its operator, bare."""
    return OPERATORS[party].private_bytes_raw()


def verifier(folder: Path, **keys: object) -> OperatorVerifier:
    """A verifier that knows all operators; ``keys`` are further ones of each peer."""
    return OperatorVerifier(
        {party: OperatorPeer(path, **keys) for party, path in written(folder).items()}  # type: ignore[arg-type]
    )


def config(folder: Path) -> dict[str, Any]:
    """Alice's in memory, with all keys that the plugin has, and its files."""
    written(folder)
    return {
        "party": {"id": "alice"},
        "transport": {"plugin": "inmemory", "network": "of the operators"},
        "attester": {
            "plugin": "operator",
            "signer": str(folder / "alice.key"),
            "lifetime": "1h",
        },
        "verifier": [{"plugin": "operator"}],
        "peer": [{"id": "bob", "operator": str(folder / "bob.pub"), "level": "bound"}],
    }


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has now, and that no outgoing connection is given later."""
    found: list[int] = []
    for port in SystemRandom().sample(range(10_000, 32_000), 100 * count):
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            found.append(port)
    return found[:count]


def deployment(folder: Path, lifetime: str = "1h") -> dict[str, dict[str, Any]]:
    """The configs of both parties over mutual TLS, and their files."""
    written(folder)
    ports = dict(zip(OPERATORS, free_ports(len(OPERATORS)), strict=True))
    return {
        party: {
            "party": {"id": party},
            "transport": {"plugin": "grpc-mtls", "listen": f"127.0.0.1:{ports[party]}"},
            "attester": {
                "plugin": "operator",
                "signer": str(folder / f"{party}.key"),
                "lifetime": lifetime,
            },
            "verifier": [{"plugin": "x509"}, {"plugin": "operator"}],
            "peer": [
                {
                    "id": peer,
                    "address": f"127.0.0.1:{ports[peer]}",
                    "anchor": "by-attestation",
                    "operator": str(folder / f"{peer}.pub"),
                }
                for peer in OPERATORS
                if peer != party
            ],
            "limits": LIMITS,
        }
        for party in OPERATORS
    }
