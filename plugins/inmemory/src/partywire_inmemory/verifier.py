"""The verifier of in-memory networks: the handle proves who."""

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire_inmemory.handles import HandleEvidence


class HandleVerifier(IdentityVerifier):
    """Proves who: the evidence has to hold the handle in the expected party's place here."""

    def __init__(self, network: str) -> None:
        """Verify for the network of that name."""
        self._network = network

    def verify(
        self,
        evidence: Evidence,
        *,
        expected: str,
        binding: bytes | None = None,
        now: float,
    ) -> Verdict:
        """Return a verdict on ``expected``; handles do not end with time and bind to nothing."""
        if not isinstance(evidence, HandleEvidence):
            raise EvidenceInvalid(expected, "not a handle of an in-memory network")
        handle = evidence.handle
        if handle.network.name != self._network or not handle.network.holds(handle):
            raise EvidenceInvalid(expected, "a handle that is not in its place in this network")
        if handle.party != expected:
            raise IdentityMismatch(expected, "the handle of another party")
        return Verdict(handle.party)
