"""Who is let in: all verifiers agree on one expected party, or nobody is."""

from __future__ import annotations

from typing import Any

import pytest

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire.identity import ClaimedIdentity, Evidence, Identity, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.judge import UnsafeClaims, challenged, judge

NOW = 1_000.0
SHOWN = Evidence("bob", "somewhere")


class Says(IdentityVerifier):
    """Returns, or raises, what it is given."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        self.asked.append((evidence, expected, binding, now))
        if isinstance(self.answer, Exception):
            raise self.answer
        answer: Verdict = self.answer
        return answer


def judged(*answers: Any) -> Identity:
    return judge(SHOWN, [Says(answer) for answer in answers], expected="bob", now=NOW)


def test_one_that_all_agree_on_is_let_in_until_the_first_verdict_ends() -> None:
    identity = judged(
        Verdict("bob", 3_000.0, {"a": "1"}),
        Verdict("bob", 2_000.0),
        Verdict("bob", None, {"b": "2"}),
    )
    assert (identity.party, identity.valid_until) == ("bob", 2_000.0)
    assert identity.claims == {"a": "1", "b": "2"}


def test_a_claim_that_two_give_is_the_same_of_both_or_refuses() -> None:
    """So the order of verifiers decides nothing."""

    class Other(Says):
        pass

    bound, certificate = (Says(Verdict("bob", None, {"level": level})) for level in ("b", "c"))
    other = Other(certificate.answer)
    assert judge(SHOWN, [certificate, other], expected="bob", now=NOW).claims == {"level": "c"}
    for verifiers, words in (
        ([bound, other], "Says and by Other"),
        ([other, bound], "Other and by Says"),
    ):
        with pytest.raises(EvidenceInvalid, match=f"claim 'level' is given by {words}, and not"):
            judge(SHOWN, verifiers, expected="bob", now=NOW)


def test_it_began_with_the_verdict_that_ends_first() -> None:
    long, short = Verdict("bob", 3_000.0, valid_from=1.0), Verdict("bob", 2_000.0, valid_from=2.0)
    assert judged(long, short).valid_from == judged(short, long).valid_from == 2.0
    assert judged(long, Verdict("bob", 2_000.0)).valid_from is None
    proved = judge(SHOWN, [Says(long)], expected="bob", now=NOW, until=NOW + 1)
    assert proved.valid_from is None


def test_without_an_end_it_has_none() -> None:
    assert judged(Verdict("bob")).valid_until is None


def test_nobody_is_let_in_without_a_verifier() -> None:
    with pytest.raises(EvidenceInvalid, match="no verifier"):
        judged()


@pytest.mark.parametrize("answer", [True, False, None, "bob", 1, ("bob", None), object()])
def test_what_is_no_verdict_refuses(answer: Any) -> None:
    with pytest.raises(EvidenceInvalid, match="gave no verdict"):
        judged(Verdict("bob"), answer)


def test_a_verdict_of_another_class_refuses() -> None:
    class Lookalike(Verdict):
        pass

    with pytest.raises(EvidenceInvalid, match="gave no verdict"):
        judged(Lookalike("bob"))


def test_a_verdict_on_another_party_refuses() -> None:
    with pytest.raises(IdentityMismatch, match="another party"):
        judged(Verdict("bob"), Verdict("carol"))


@pytest.mark.parametrize("end", [NOW, NOW - 1, float("nan"), float("-inf")])
def test_a_verdict_that_is_over_refuses(end: float) -> None:
    with pytest.raises(EvidenceInvalid, match="out of date"):
        judged(Verdict("bob", end))


def test_it_ends_with_its_proof() -> None:
    for end in (None, 3_000.0):
        verifiers = [Says(Verdict("bob", end))]
        identity = judge(SHOWN, verifiers, expected="bob", now=NOW, until=2_000.0)
        assert identity.valid_until == 2_000.0


@pytest.mark.parametrize("until", [NOW, NOW - 1, float("nan"), float("-inf")])
def test_a_proof_that_is_out_of_date_refuses(until: float) -> None:
    with pytest.raises(EvidenceInvalid, match="its proof is out of date"):
        judge(SHOWN, [Says(Verdict("bob"))], expected="bob", now=NOW, until=until)


class Challenges(Says):
    """Says, or raises, what it is given, of whom it challenges."""

    def challenges(self, party: str) -> bool:
        return self.verify(Evidence(party, ""), expected=party, now=NOW)  # type: ignore[return-value]


@pytest.mark.parametrize("answer", [True, None, 0, "", ValueError("x"), RecursionError()])
def test_whoever_says_anything_but_false_challenges(answer: Any) -> None:
    failed: list[tuple[IdentityVerifier, Exception]] = []
    verifiers = [Challenges(False), Challenges(answer)]
    assert challenged("bob", verifiers, lambda *each: failed.append(each))
    assert failed == ([(verifiers[1], answer)] if isinstance(answer, Exception) else [])
    assert not challenged("bob", verifiers[:1])


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("y"), RecursionError()])
def test_any_exception_refuses_and_its_text_stays_here(error: Exception) -> None:
    with pytest.raises(EvidenceInvalid) as caught:
        judged(Verdict("bob"), error)
    assert type(error).__name__ in str(caught.value)
    assert caught.value.__cause__ is error


def test_a_refusal_passes_through() -> None:
    with pytest.raises(IdentityMismatch, match="not bob's key"):
        judged(IdentityMismatch("bob", "not bob's key"))


def test_each_verifier_is_asked_the_same() -> None:
    verifiers = [Says(Verdict("bob")), Says(Verdict("bob"))]
    judge(SHOWN, verifiers, expected="bob", now=NOW, binding=b"bound")
    assert [verifier.asked for verifier in verifiers] == [[(SHOWN, "bob", b"bound", NOW)]] * 2


def test_an_identity_cannot_be_made_otherwise() -> None:
    with pytest.raises(TypeError, match="made by"):
        Identity("bob", None, {}, made_by=object())


def test_a_claim_makes_a_claimed_identity_and_nothing_else_does() -> None:
    claimed = judge(SHOWN, [UnsafeClaims()], expected="bob", now=NOW)
    assert type(claimed) is ClaimedIdentity
    assert type(judged(Verdict("bob"))) is Identity


def test_a_claim_to_be_another_is_refused() -> None:
    with pytest.raises(IdentityMismatch, match="claims to be another party"):
        judge(SHOWN, [UnsafeClaims()], expected="alice", now=NOW)


@pytest.mark.parametrize("place", [0, 1])
def test_claims_are_not_believed_beside_a_verifier(place: int) -> None:
    verifiers: list[IdentityVerifier] = [Says(Verdict("bob"))]
    verifiers.insert(place, UnsafeClaims())
    with pytest.raises(EvidenceInvalid, match="not believed beside a verifier"):
        judge(SHOWN, verifiers, expected="bob", now=NOW)
    with pytest.raises(EvidenceInvalid, match="not believed beside a verifier"):
        judge(SHOWN, [UnsafeClaims(), UnsafeClaims()], expected="bob", now=NOW)
