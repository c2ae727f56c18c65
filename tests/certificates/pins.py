"""A verifier that knows certificates by heart, which the transport is told nothing of."""

from __future__ import annotations

from partywire.errors import EvidenceInvalid
from partywire.hookspecs import VerifierDescriptor, hookimpl
from partywire.identity import WHO, Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire_grpc.certificates.evidence import TlsEvidence


class Pins(IdentityVerifier):
    """Takes of each party the certificates that it has for it, and checks no rule of X.509.

    Attributes:
        leaves: by party, in DER.
    """

    def __init__(self) -> None:
        self.leaves: dict[str, set[bytes]] = {}

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if not isinstance(evidence, TlsEvidence) or evidence.leaf not in self.leaves[expected]:
            raise EvidenceInvalid(expected, "another certificate")
        return Verdict(expected)

    @hookimpl
    def register_verifiers(self) -> list[VerifierDescriptor]:
        return [VerifierDescriptor("pins", lambda _: self, frozenset({WHO}))]
