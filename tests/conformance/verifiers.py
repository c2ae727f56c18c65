"""A sound verifier, a seal over the party's id and an end, and broken ones."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.testing import VerifierCase, VerifierContract, garblings
from tests.conformance.running import Broken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEYS = {"alice": b"of alice", "bob": b"of bob"}
NOW = 1_000_000.0
END = NOW + 3600


@attrs.frozen
class Sealed(Evidence):
    until: float
    seal: bytes


def seal(party: str, until: float) -> bytes:
    said = f"{party}\0{until}".encode()
    return blake2b(said, key=KEYS[party], digest_size=16).digest()


def sealed(party: str) -> Sealed:
    return Sealed(party, "a test", END, seal(party, END))


class SealVerifier(IdentityVerifier):
    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if not isinstance(evidence, Sealed):
            raise EvidenceInvalid(expected, "no seal")
        if not compare_digest(evidence.seal, seal(expected, evidence.until)):
            raise IdentityMismatch(expected, "not its seal")
        if now >= evidence.until:
            raise EvidenceInvalid(expected, "out of date")
        return Verdict(expected, evidence.until, {"seal": evidence.seal.hex()})


class OfSeals(VerifierContract):
    subject: ClassVar[type[IdentityVerifier]] = SealVerifier

    @asynccontextmanager
    async def case(self) -> AsyncIterator[VerifierCase]:
        evidence = sealed("alice")
        yield VerifierCase(
            verifier=self.subject(),
            same=self.subject(),
            expected="alice",
            evidence=evidence,
            others=[sealed("bob")],
            garbled=[*garblings(evidence, "seal"), attrs.evolve(evidence, until=END + 1)],
            now=NOW,
            valid_until=END,
        )


class SaysTrue(SealVerifier):
    def verify(self, evidence: Evidence, **asked: Any) -> Any:
        super().verify(evidence, **asked)
        return True


class BelievesTheClaim(SealVerifier):
    """Judges whom the evidence claims to be, and not the one expected."""

    def verify(self, evidence: Evidence, *, expected: str, **asked: Any) -> Verdict:
        return super().verify(evidence, expected=evidence.claimed or expected, **asked)


class NamesAnother(SealVerifier):
    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        return attrs.evolve(super().verify(evidence, **asked), party="bob")


class ForgetsTheEnd(SealVerifier):
    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        return attrs.evolve(super().verify(evidence, **asked), valid_until=None)


class LooksAtNoDate(SealVerifier):
    """What has ended is good, and for another hour."""

    def verify(self, evidence: Evidence, *, now: float, **asked: Any) -> Verdict:
        if now < END:
            return super().verify(evidence, now=now, **asked)
        return attrs.evolve(super().verify(evidence, now=0.0, **asked), valid_until=now + 3600)


class ReadsTheClock(SealVerifier):
    """Refuses while the clock of this machine is before 1980."""

    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        if time.time() < 315_532_800:
            raise EvidenceInvalid(asked["expected"], "the clock is wrong")
        return super().verify(evidence, **asked)


class ReadsAFile(SealVerifier):
    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        Path(__file__).read_bytes()
        return super().verify(evidence, **asked)


class Remembers(SealVerifier):
    """Whoever was refused once is refused for ever."""

    def __init__(self) -> None:
        self.refused = False

    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        try:
            verdict = super().verify(evidence, **asked)
        except (EvidenceInvalid, IdentityMismatch):
            self.refused = True
            raise
        if self.refused:
            raise EvidenceInvalid(asked["expected"], "was refused before")
        return verdict


class LooksAtHalf(SealVerifier):
    """Compares the first half of a seal."""

    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        if isinstance(evidence, Sealed) and len(evidence.seal) >= 8:
            whole = seal(asked["expected"], evidence.until)
            if whole[:8] == evidence.seal[:8]:
                evidence = attrs.evolve(evidence, seal=whole)
        return super().verify(evidence, **asked)


class LetsErrorsOut(SealVerifier):
    """Foreign evidence has no seal, and that is an AttributeError."""

    def verify(self, evidence: Any, **asked: Any) -> Verdict:
        _ = evidence.seal
        return super().verify(evidence, **asked)


class NamesNobody(SealVerifier):
    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        try:
            return super().verify(evidence, **asked)
        except (EvidenceInvalid, IdentityMismatch) as error:
            raise type(error)("somebody", error.problem) from error


class WantsAProof(SealVerifier):
    """Looks at proofs, and challenges nobody."""

    def verify(self, evidence: Evidence, *, binding: bytes | None = None, **asked: Any) -> Verdict:
        if binding is not None:
            raise EvidenceInvalid(asked["expected"], "no proof")
        return super().verify(evidence, **asked)


class ClaimsNumbers(SealVerifier):
    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        claims: Any = {"number": 7}
        return attrs.evolve(super().verify(evidence, **asked), claims=claims)


class SaysOne(SealVerifier):
    """Neither True nor False."""

    def challenges(self, party: str) -> Any:
        return 0


def proof_of(party: str, binding: bytes) -> bytes:
    return blake2b(binding, key=KEYS[party], digest_size=16).digest()


class ProofVerifier(SealVerifier):
    """Looks at the seal of evidence, and at its proof where one was asked for."""

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        verdict = super().verify(evidence, expected=expected, now=now)
        if evidence.proof and binding is None:
            raise EvidenceInvalid(expected, "a proof of nothing")
        if binding is not None and not self.proves(evidence.proof, expected, binding):
            raise EvidenceInvalid(expected, "not its proof")
        return verdict

    def challenges(self, party: str) -> bool:
        return True

    def proves(self, proof: bytes, party: str, binding: bytes) -> bool:
        return compare_digest(proof, proof_of(party, binding))


class OfProofs(OfSeals):
    subject: ClassVar[type[IdentityVerifier]] = ProofVerifier

    @asynccontextmanager
    async def case(self) -> AsyncIterator[VerifierCase]:
        async with super().case() as case:
            asked = b"what was asked for".ljust(48)
            proved = attrs.evolve(case.evidence, proof=proof_of("alice", asked))
            yield attrs.evolve(case, proved=(proved, asked))


class WantsAProofAtOnce(ProofVerifier):
    """Gives no verdict on what was shown before the hello."""

    def verify(self, evidence: Evidence, **asked: Any) -> Verdict:
        return super().verify(evidence, **{**asked, "binding": asked["binding"] or b""})


class TakesProofsUnasked(ProofVerifier):
    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        shown = attrs.evolve(evidence, proof=b"") if binding is None else evidence
        return super().verify(shown, expected=expected, binding=binding, now=now)


class TakesAnyProof(ProofVerifier):
    def proves(self, proof: bytes, party: str, binding: bytes) -> bool:
        return True


class LooksAtTheProofAlone(ProofVerifier):
    """Where there is a proof, it does not matter who has shown what."""

    def verify(self, evidence: Evidence, *, expected: str, **asked: Any) -> Verdict:
        binding = asked.get("binding")
        if binding is not None and evidence.proof == proof_of("alice", binding):
            return Verdict(expected, END)
        return super().verify(evidence, expected=expected, **asked)


BEFORE = "test_what_was_shown_is_judged_before_a_proof_is_asked_for"
VERDICT = "test_good_evidence_gets_a_verdict"
CORE = "test_the_core_lets_good_evidence_in"
ENDS = "test_the_verdict_ends_when_the_evidence_does"
OTHERS = "test_evidence_of_another_party_is_refused"
FOR_ANOTHER = "test_evidence_is_refused_for_another_party"
NAMES = "test_a_refusal_names_the_expected_party"
SAME = "test_the_same_evidence_gets_the_same_verdict"

TABLE = [
    Broken(SaysTrue, OfSeals, VERDICT, [CORE]),
    Broken(NamesAnother, OfSeals, "test_the_verdict_is_on_the_expected_party", [CORE]),
    Broken(ForgetsTheEnd, OfSeals, ENDS),
    Broken(LooksAtNoDate, OfSeals, "test_evidence_that_has_ended_is_refused"),
    Broken(
        BelievesTheClaim,
        OfSeals,
        OTHERS,
        [FOR_ANOTHER, NAMES, SAME],
    ),
    Broken(LooksAtHalf, OfSeals, "test_garbled_evidence_is_refused", [NAMES, SAME]),
    Broken(LetsErrorsOut, OfSeals, "test_foreign_evidence_is_refused", [NAMES]),
    Broken(NamesNobody, OfSeals, NAMES),
    Broken(WantsAProof, OfSeals, "test_who_is_not_challenged_is_judged_without_a_proof"),
    Broken(WantsAProofAtOnce, OfProofs, BEFORE, None),
    Broken(TakesProofsUnasked, OfProofs, "test_a_proof_that_nothing_asked_for_is_refused"),
    Broken(SaysOne, OfSeals, "test_it_says_whom_it_challenges"),
    Broken(TakesAnyProof, OfProofs, "test_a_proof_covers_its_binding"),
    Broken(LooksAtTheProofAlone, OfProofs, "test_a_proof_belongs_to_its_evidence"),
    Broken(Remembers, OfSeals, SAME),
    Broken(ReadsTheClock, OfSeals, "test_it_reads_no_clock"),
    Broken(ReadsAFile, OfSeals, "test_it_waits_for_nothing", None, "asyncio"),
    Broken(ClaimsNumbers, OfSeals, CORE),
]
