"""The contract of an identity verifier."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import attrs
import pytest

from partywire.errors import EvidenceInvalid, IdentityError, IdentityMismatch
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.judge import judge
from partywire.testing.clocks import OTHER_TIMES, clock_at
from partywire.testing.contract import Contract
from partywire.testing.tasks import no_blocking


@attrs.frozen
class VerifierCase:
    """A verifier, and what it has to make of some evidence.

    Attributes:
        verifier: the one that is tested.
        same: another one, opened with the same setting.
        expected: a party that it knows.
        evidence: good evidence of that party.
        others: good evidence of other parties that it knows.
        garbled: evidence of the expected party that was changed, cut or mixed; see `garblings`.
        now: seconds since 1970 at which the evidence is good; best far from today.
        valid_until: until when, in seconds since 1970, or None for no end.
        proved: where the verifier challenges the expected party: the evidence with a proof, and the
            binding that the proof covers; else None.
    """

    verifier: IdentityVerifier
    same: IdentityVerifier
    expected: str
    evidence: Evidence
    others: Sequence[Evidence]
    garbled: Sequence[Evidence]
    now: float = 1_700_000_000.0
    valid_until: float | None = None
    proved: tuple[Evidence, bytes] | None = None

    def verify(self, evidence: Evidence, **changes: Any) -> object:
        """Ask the verifier; what it returns is not believed to be a verdict."""
        asked = {"expected": self.expected, "binding": None, "now": self.now, **changes}
        return self.verifier.verify(evidence, **asked)


@attrs.frozen
class Foreign(Evidence):
    """Evidence of a kind that no verifier knows."""


class VerifierContract(Contract, ABC):
    """What a verifier promises, one test for each promise.

    A subclass gives one `VerifierCase`, or more by one subclass each. A verifier that looks at
    something else than who is there overrides what does not hold for it.
    """

    @abstractmethod
    def case(self) -> AbstractAsyncContextManager[VerifierCase]:
        """Hold what is tested."""

    async def test_good_evidence_gets_a_verdict(self) -> None:
        """It returns a `Verdict`, and never a boolean."""
        async with self.case() as case:
            verdict = case.verify(case.evidence)
            assert type(verdict) is Verdict, f"returned {type(verdict).__name__}, and no Verdict"

    async def test_the_verdict_is_on_the_expected_party(self) -> None:
        """And on no other, whatever the evidence claims."""
        async with self.case() as case:
            assert getattr(case.verify(case.evidence), "party", case.expected) == case.expected

    async def test_the_verdict_ends_when_the_evidence_does(self) -> None:
        """``valid_until`` is the end of what was shown, in seconds since 1970."""
        async with self.case() as case:
            verdict = case.verify(case.evidence)
            assert getattr(verdict, "valid_until", case.valid_until) == case.valid_until

    async def test_evidence_that_has_ended_is_refused(self) -> None:
        """From ``valid_until`` on there is no verdict that goes on."""
        async with self.case() as case:
            if case.valid_until is None:
                pytest.skip("this evidence has no end")
            for now in (case.valid_until, case.valid_until + 1, case.valid_until + 1e9):
                self._refuses(case, case.evidence, now=now)

    async def test_evidence_of_another_party_is_refused(self) -> None:
        """Good as it is, it is somebody else's, even where it claims otherwise."""
        async with self.case() as case:
            assert case.others, "the case has no evidence of others"
            for evidence in case.others:
                self._refuses(case, evidence)
                self._refuses(case, attrs.evolve(evidence, claimed=case.expected))

    async def test_evidence_is_refused_for_another_party(self) -> None:
        """Evidence of the expected party proves nobody else."""
        async with self.case() as case:
            for other in case.others:
                self._refuses(case, case.evidence, expected=other.claimed)

    async def test_garbled_evidence_is_refused(self) -> None:
        """Changed, cut or mixed, it proves nothing."""
        async with self.case() as case:
            assert case.garbled, "the case has no garbled evidence"
            for evidence in case.garbled:
                self._refuses(case, evidence)

    async def test_foreign_evidence_is_refused(self) -> None:
        """Evidence of a kind that it does not know, with nothing in it."""
        async with self.case() as case:
            for kind in (Evidence, Foreign):
                self._refuses(case, kind(case.expected, "a test"))
                self._refuses(case, kind("", ""))

    async def test_a_refusal_names_the_expected_party(self) -> None:
        """The error says whom it was about."""
        async with self.case() as case:
            for evidence in (*case.garbled, *case.others, Foreign(case.expected, "a test")):
                with pytest.raises(IdentityError) as caught:
                    _insist(case.verify(evidence))
                assert caught.value.expected == case.expected

    async def test_it_says_whom_it_challenges(self) -> None:
        """True or False; and of a party that it challenges the case has a proof."""
        async with self.case() as case:
            said = case.verifier.challenges(case.expected)
            assert type(said) is bool, f"said {type(said).__name__}, which counts as True"
            assert said == (case.proved is not None), "the case says otherwise, by its ``proved``"

    async def test_what_was_shown_is_judged_before_a_proof_is_asked_for(self) -> None:
        """Where it challenges, there is a verdict without a proof and without a binding, too."""
        async with self.case() as case:
            if case.proved is None:
                pytest.skip("this verifier challenges nobody")
            shown = attrs.evolve(case.proved[0], proof=b"")
            assert type(case.verify(shown)) is Verdict

    async def test_a_proof_that_nothing_asked_for_is_refused(self) -> None:
        """Where it challenges, a proof needs a binding: nothing else says what it has to cover."""
        async with self.case() as case:
            if case.proved is None:
                pytest.skip("this verifier challenges nobody")
            self._refuses(case, case.proved[0])

    async def test_who_is_not_challenged_is_judged_without_a_proof(self) -> None:
        """A binding and a proof change nothing: another verifier has asked for them."""
        async with self.case() as case:
            if case.proved is not None:
                pytest.skip("this verifier challenges the party")
            first, given = case.verify(case.evidence), attrs.evolve(case.evidence, proof=b"proof")
            for evidence, binding in (
                (case.evidence, bytes(48)),
                (given, bytes(48)),
                (given, None),
            ):
                assert case.verify(evidence, binding=binding) == first, "it looks at proofs"

    async def test_a_proof_covers_its_binding(self) -> None:
        """Where it challenges, no proof, a changed one, or another binding is refused."""
        async with self.case() as case:
            if case.proved is None:
                pytest.skip("this verifier challenges nobody")
            evidence, binding = case.proved
            assert type(case.verify(evidence, binding=binding)) is Verdict
            for garbled in (attrs.evolve(evidence, proof=b""), *garblings(evidence, "proof")):
                self._refuses(case, garbled, binding=binding)
            for other in (b"", bytes(48), binding[:-1], binding[::-1]):
                self._refuses(case, evidence, binding=other)

    async def test_a_proof_belongs_to_its_evidence(self) -> None:
        """Where it challenges, that of one party proves no other."""
        async with self.case() as case:
            if case.proved is None:
                pytest.skip("this verifier challenges nobody")
            evidence, binding = case.proved
            for other in case.others:
                moved = attrs.evolve(other, claimed=case.expected, proof=evidence.proof)
                self._refuses(case, moved, binding=binding)
                self._refuses(case, evidence, expected=other.claimed, binding=binding)

    async def test_the_same_evidence_gets_the_same_verdict(self) -> None:
        """Whatever was asked before, and of whichever verifier of the same setting."""
        async with self.case() as case:
            first = case.verify(case.evidence)
            for evidence in (*case.others, *case.garbled):
                with pytest.raises(Exception):  # noqa: B017, PT011 - other tests look at it
                    _insist(case.verify(evidence))
            same = attrs.evolve(case, verifier=case.same)
            assert case.verify(case.evidence) == same.verify(case.evidence) == first

    async def test_it_reads_no_clock(self) -> None:
        """The time is an argument: a clock that is wrong, or none at all, changes nothing."""
        async with self.case() as case:
            first = case.verify(case.evidence)
            for wrong in OTHER_TIMES:
                with clock_at(wrong):
                    assert case.verify(case.evidence) == first, "the clock decides"

    async def test_it_waits_for_nothing(self) -> None:
        """No I/O: no file, no socket, no sleep; seen on asyncio only."""
        async with self.case() as case:
            with no_blocking():
                case.verify(case.evidence)

    async def test_the_core_lets_good_evidence_in(self) -> None:
        """`judge` makes an identity of its verdict, with claims that are text."""
        async with self.case() as case:
            identity = judge(case.evidence, [case.verifier], expected=case.expected, now=case.now)
            claims = [*identity.claims, *identity.claims.values()]
            assert all(isinstance(text, str) for text in claims), "a claim is no text"

    def _refuses(self, case: VerifierCase, evidence: Evidence, **changes: Any) -> None:
        with pytest.raises((EvidenceInvalid, IdentityMismatch)):
            _insist(case.verify(evidence, **changes), changes.get("now"))


def garblings(evidence: Evidence, *fields: str) -> list[Evidence]:
    """Return evidence with each of these fields (bytes or text) emptied, cut, doubled and changed.

    Name the fields of which every bit counts.
    """
    found = []
    for field in fields:
        whole = getattr(evidence, field)
        middle = len(whole) // 2
        one = whole[middle]
        other = bytes([one ^ 1]) if isinstance(one, int) else chr(ord(one) ^ 1)
        changed = whole[:middle] + other + whole[middle + 1 :]
        garbled = (whole[:0], whole[:-1], whole[1:], whole + whole, changed)
        found += [attrs.evolve(evidence, **{field: each}) for each in garbled]
    return found


def _insist(returned: object, now: float | None = None) -> None:
    """Fail for anything that was returned; a verdict that is over already refuses, too."""
    end = returned.valid_until if isinstance(returned, Verdict) else None
    if end is not None and now is not None and end <= now:
        raise EvidenceInvalid("", "out of date")
    pytest.fail(f"returned {type(returned).__name__} where it has to raise")
