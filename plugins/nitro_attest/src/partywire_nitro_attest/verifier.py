"""The verifier ``nitro``: which code runs at the other end, and that the key is that code's."""

from collections.abc import Mapping
from typing import Final

import attrs

from partywire.errors import EvidenceInvalid, IdentityError, outside_text
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.reading import Leaf
from partywire_grpc.certificates.rules import utc_text
from partywire_nitro_attest.attested import (
    Attested,
    judge_attested,
    party_certificate_of,
    read_attested,
)
from partywire_nitro_attest.config import NitroConfig
from partywire_nitro_attest.judging import JudgedDocument, judge_document
from partywire_nitro_attest.peers import NitroPeer
from partywire_nitro_attest.policy import Policy, Release, judge_policy
from partywire_nitro_attest.refusals import Refused
from partywire_nitro_attest.remedies import told

RELEASE: Final = "attested_release"
MODULE: Final = "attested_module"
UNTIL: Final = "attested_until"
LEVEL: Final = "level"
DEVELOPMENT: Final = "development"
BOUND: Final = "bound"
DEBUG: Final = "debug"
UNKNOWN_FIELDS: Final = "unknown_fields"
NO_RELEASE: Final = "none: debug mode"
"""What stands for the name of a release where `DEBUG` is claimed."""

UNKNOWN: Final = "nothing of such a party is configured"
NO_CERTIFICATE: Final = "it showed no certificate"
NO_PROOF: Final = "it gave no proof for this connection, and its level is bound"
UNASKED: Final = "it gave a proof that nobody has asked for"
OTHER_MODULE: Final = "its proof is of another enclave than its certificate"
OTHER_PCRS: Final = "the measurements in its proof are not those in its certificate"


class NitroVerifier(IdentityVerifier):
    """Proves what runs there, since when, and whose the key is; all files were read before.

    The newest document of each peer that passed is remembered: those that follow have the same
    chain, for hours. All else is judged each time. A changed config has a verifier of its own,
    which remembers nothing.

    Args:
        config: what holds for every peer.
        peers: by party id, what is configured of each peer.
    """

    def __init__(self, config: NitroConfig, peers: Mapping[str, NitroPeer]) -> None:
        self._config = config
        self._trust = config.trust()
        self._peers = dict(peers)
        self._known: dict[str, JudgedDocument] = {}

    def challenges(self, party: str) -> bool:
        """Tell whether that peer's level is ``bound``, as for all that is not configured."""
        peer = self._peers.get(party)
        return peer is None or peer.bound

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        """Return a verdict that ends with the first of all that it rests upon.

        That the other end holds the key of its certificate is for TLS to prove, before. Who has
        issued the certificate is not looked at, unless the peer is anchored by attestation.

        A binding is looked at for peers of the level ``bound`` alone: their proof is a document
        whose nonce it is, of the enclave, the measurements and the key of the certificate.

        Raises:
            EvidenceInvalid: the certificate, the document in it or the proof does not pass.
            IdentityMismatch: it names the party certificate of another party.
        """
        peer = self._peers.get(expected)
        if peer is None:
            raise EvidenceInvalid(expected, UNKNOWN)
        if not isinstance(evidence, TlsEvidence):
            raise EvidenceInvalid(expected, NO_CERTIFICATE)
        try:
            found = self._found(evidence.leaf, peer, expected, now)
            proof = self._proof(evidence.proof, found, peer, binding, now)
        except IdentityError as refused:
            raise told(refused, expected) from refused.__cause__
        self._known[expected] = found.judged
        return self._verdict(found, proof, expected)

    def _found(self, der: bytes, peer: NitroPeer, expected: str, now: float) -> "_Found":
        """Judge a certificate, and the document in it."""
        attested = read_attested(der, expected, now)
        party = None
        if peer.by_attestation:
            party = party_certificate_of(attested, peer.certificates, expected, now)
        policy = self._config.policy(peer.pins(party))
        known = self._known.get(expected)
        judged, release = judge_attested(
            attested, policy, expected, now=now, trust=self._trust, known=known
        )
        return _Found(expected, attested, party, policy, judged, release)

    def _proof(
        self, proof: bytes, found: "_Found", peer: NitroPeer, binding: bytes | None, now: float
    ) -> JudgedDocument | None:
        """Judge a proof, where there is a binding that it has to cover."""
        if not peer.bound or not (proof or binding is not None):
            return None
        if binding is None:
            raise EvidenceInvalid(found.party, UNASKED)
        if not proof:
            raise EvidenceInvalid(found.party, NO_PROOF)
        try:
            judged = judge_document(proof, now=now, trust=self._trust, known=found.judged)
            key = found.attested.leaf.spki
            judge_policy(judged, found.policy, public_key=key, nonce=binding)
        except Refused as refused:
            raise attrs.evolve(refused, problem=f"of its proof, {refused.problem}") from None
        document, shown = judged.document, found.judged.document
        if document.module_id != shown.module_id:
            raise EvidenceInvalid(found.party, OTHER_MODULE)
        if document.pcrs != shown.pcrs:
            raise EvidenceInvalid(found.party, OTHER_PCRS)
        return judged

    def _verdict(self, found: "_Found", proof: JudgedDocument | None, expected: str) -> Verdict:
        documents = [found.judged, *([proof] if proof else [])]
        ends = [end for judged in documents for end in self._ends(judged)]
        ends.append(found.attested.leaf.not_after)
        if found.signer is not None:
            ends.append(found.signer.not_after)
        claims = {
            RELEASE: found.release.name if found.release else NO_RELEASE,
            MODULE: outside_text(found.judged.document.module_id, 128),
            UNTIL: utc_text(min(ends)),
            LEVEL: BOUND if proof else "certificate",
        }
        if found.release is None:
            claims[DEBUG] = "yes: its operator reads all that is in it"
        if found.judged.document.unknown:
            claims[UNKNOWN_FIELDS] = ", ".join(found.judged.document.unknown)
        if found.judged.development:
            claims[DEVELOPMENT] = "yes: no enclave, and nothing is proved"
        return Verdict(expected, min(ends), claims, valid_from=found.attested.leaf.not_before)

    def _ends(self, judged: JudgedDocument) -> tuple[float, float]:
        """Return when the chain of a document ends, and when the document is too old."""
        return judged.valid_until, judged.document.time + self._trust.max_age


@attrs.frozen
class _Found:
    """What a certificate and the document in it have proved, and what its proof is held to."""

    party: str
    attested: Attested
    signer: Leaf | None
    policy: Policy
    judged: JudgedDocument
    release: Release | None
