"""The verifier ``operator``: whose the key of a connection is, as an operator vouches for it."""

from collections.abc import Mapping
from typing import Final

from partywire.errors import EvidenceInvalid
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.reading import read_leaf
from partywire_grpc.certificates.rules import check_dates, is_signed_by
from partywire_operator.config import OperatorPeer, fingerprint
from partywire_operator.proof import check_proof
from partywire_operator.voucher import check_voucher

BOUND: Final = "bound"
LEVEL: Final = "operator_level"
"""The claim of how well the party is known; other verifiers have levels of their own."""
NOT_SELF_SIGNED: Final = "the certificate is not signed by its own key"


class OperatorVerifier(IdentityVerifier):
    """Proves whose the key is that TLS was made with. Names and usages are for ``x509`` to judge.

    Args:
        peers: by party id, what is configured of each peer.
    """

    def __init__(self, peers: Mapping[str, OperatorPeer]) -> None:
        self._peers = dict(peers)

    def challenges(self, party: str) -> bool:
        """Tell whether a proof is asked of that party; of one that nobody knows, it is."""
        peer = self._peers.get(party)
        return peer is None or peer.level == BOUND

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        """Return a verdict that ends with the certificate.

        A proof is looked at where it is asked of that peer, and needs a binding then.
        """
        peer = self._peers.get(expected)
        if peer is None:
            raise EvidenceInvalid(expected, "no operator of such a party is configured")
        if not isinstance(evidence, TlsEvidence):
            raise EvidenceInvalid(expected, "it showed no certificate")
        leaf = read_leaf(evidence.leaf, expected)
        check_voucher(leaf, expected, peer.key)
        if not is_signed_by(leaf, leaf):
            raise EvidenceInvalid(expected, NOT_SELF_SIGNED)
        check_dates(leaf, expected, now)
        level = "certificate"
        if peer.level == BOUND and (evidence.proof or binding is not None):
            check_proof(leaf, expected, evidence.proof, binding)
            level = BOUND
        claims = {"operator": fingerprint(peer.key), LEVEL: level}
        return Verdict(expected, leaf.not_after, claims, valid_from=leaf.not_before)
