"""The verifier ``x509``: who is there, by the certificate that TLS proved to be its own."""

from collections.abc import Mapping
from typing import Final

from partywire.errors import EvidenceInvalid
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.reading import Leaf, read_leaf
from partywire_grpc.certificates.rules import check_dates, check_leaf, is_signed_by, utc_text
from partywire_grpc_mtls.anchors import X509Peer

CHILD: Final = (
    "the certificate is of another key, and only signed by the configured one; that key speaks for "
    "itself alone"
)
NEW_ONE: Final = (
    "Ask {} whether it has a new certificate; if its fingerprint is the one above, put that "
    "certificate into {}"
)
UNSIGNED: Final = {
    "configured": "neither the configured certificate nor one that its key issued to itself",
    "ca": (
        "not signed by the configured CA itself; its own CA has to issue it, without an "
        "intermediate"
    ),
    "by-attestation": "not signed by its own key",
}
"""What is wrong with a certificate that its party's anchor does not vouch for."""


class X509Verifier(IdentityVerifier):
    """Proves who is there, by what each peer has configured; all of that was read before.

    Args:
        party: this node's party.
        peers: by party id, what is configured of each peer.
    """

    def __init__(self, party: str, peers: Mapping[str, X509Peer]) -> None:
        self._peers = dict(peers)
        self._roster = frozenset({party, *peers})

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        """Return a verdict that ends with the certificate or its anchor, whichever is first.

        That the other end holds the key is for TLS to prove, before. A binding is not looked at, as
        a certificate covers none.
        """
        peer = self._peers.get(expected)
        if peer is None:
            raise EvidenceInvalid(expected, "no certificate of such a party is configured")
        if not isinstance(evidence, TlsEvidence):
            raise EvidenceInvalid(expected, "it showed no certificate")
        leaf = read_leaf(evidence.leaf, expected)
        check_leaf(leaf, expected, self._roster)
        anchor = _anchor_of(leaf, peer, expected, now)
        check_dates(leaf, expected, now)
        check_dates(anchor, expected, now, "the configured certificate")
        first = min(leaf, anchor, key=lambda each: each.not_after)
        claims = {
            "certificate_sha256": leaf.sha256,
            "certificate_issuer": leaf.issuer_names[0],
            "certificate_expiry": utc_text(leaf.not_after),
        }
        return Verdict(expected, first.not_after, claims, valid_from=first.not_before)


def _anchor_of(leaf: Leaf, peer: X509Peer, expected: str, now: float) -> Leaf:
    """Return the anchor that vouches for a certificate; of two, one that has begun, ending last."""
    if peer.anchor == "ca":
        if leaf.is_ca:
            problem = "the certificate is one of a CA; a node shows one that the CA issued to it"
            raise EvidenceInvalid(expected, problem)
        vouching = [each for each in peer.certificates if is_signed_by(leaf, each)]
    elif peer.anchor == "configured":
        vouching = _pinned(leaf, peer, expected)
    else:
        vouching = [leaf] if is_signed_by(leaf, leaf) else []
    if not vouching:
        raise EvidenceInvalid(expected, UNSIGNED[peer.anchor] + _compared(leaf, peer, expected))
    return max(vouching, key=lambda each: (each.not_before <= now, each.not_after))


def _pinned(leaf: Leaf, peer: X509Peer, expected: str) -> list[Leaf]:
    """Return those that the leaf is byte for byte, or whose key issued the leaf to itself."""
    configured = peer.certificates
    same_key = [each for each in configured if each.key_sha256 == leaf.key_sha256]
    if not same_key and any(is_signed_by(leaf, each) for each in configured):
        raise EvidenceInvalid(expected, CHILD + _compared(leaf, peer, expected))
    return [each for each in same_key if each == leaf or is_signed_by(leaf, leaf)]


def _compared(leaf: Leaf, peer: X509Peer, expected: str) -> str:
    """Return both fingerprints, and what to do about them; for this end alone."""
    if peer.anchor != "configured" or peer.certificate is None:
        return ""
    known = " and ".join(each.sha256 for each in peer.certificates)
    return (
        f"; {expected} shows SHA-256 {leaf.sha256}, and this config has {known} for it. "
        + NEW_ONE.format(expected, peer.certificate.name)
    )
