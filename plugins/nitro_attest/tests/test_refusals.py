"""A refusal has a code, a step and a sentence; and each defect of a document has its refusal."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from partywire.errors import EvidenceInvalid
from partywire_nitro_attest import Refusal, Refused, Roots, Step, Trust, judge_document
from partywire_nitro_attest.development import DevelopmentModule, Making, new_root
from partywire_nitro_attest.development.defects import ANYWHERE, DEFECTS, VARIANTS
from partywire_nitro_attest.refusals import UNNAMED, refused

from .table import CARRIERS, DOCUMENTS

if TYPE_CHECKING:
    from .conftest import Refusing


def test_it_is_evidence_of_no_use() -> None:
    error = refused(Refusal.SIZE, size=0, most=12288)
    assert isinstance(error, EvidenceInvalid)
    assert (error.expected, error.refusal.step) == (UNNAMED, Step.SIZE)
    assert str(error) == (
        "attestation of an unnamed party refused (size): 0 bytes; a document has 1 to 12288"
    )


def test_it_is_told_whose_document_it_should_be() -> None:
    error = refused(Refusal.COSE_ARRAY).about("bob.example")
    assert type(error) is Refused
    assert str(error).startswith("attestation of bob.example refused (cose-array): not an array")


@pytest.mark.parametrize("step", Step, ids=lambda step: step.name)
def test_every_step_can_refuse(step: Step) -> None:
    assert any(refusal.step is step for refusal in Refusal)


def test_no_two_refusals_are_one() -> None:
    sentences = [refusal.sentence for refusal in Refusal]
    assert len(set(sentences)) == len(Refusal.__members__) == len(sentences)


ELSEWHERE = {
    Refusal.CARRIER_UNREADABLE, Refusal.FIELD_UNKNOWN, Refusal.KEY_ABSENT, Refusal.KEY_OTHER,
    Refusal.RELEASE_UNKNOWN, Refusal.PCR_MISSING, Refusal.PCR_OTHER, Refusal.USER_DATA,
    Refusal.NONCE,
}  # fmt: skip
"""What no defect of a document is refused by: see the tests of judging, policy and commands."""


@pytest.fixture(scope="session")
def making(module: DevelopmentModule) -> Making:
    return module.making(public_key=b"a key", user_data=b"data", nonce=b"a nonce")


def test_the_table_has_every_defect() -> None:
    assert DOCUMENTS.keys() == DEFECTS.keys()


def test_every_refusal_has_a_defect() -> None:
    assert set(DOCUMENTS.values()) | set(CARRIERS.values()) | ELSEWHERE == set(Refusal)


@pytest.mark.parametrize("name", DEFECTS)
def test_it_is_refused(name: str, making: Making, refusal_of: Refusing) -> None:
    assert refusal_of(DEFECTS[name](making)) is DOCUMENTS[name]


@pytest.mark.parametrize("name", VARIANTS)
def test_what_only_looks_odd_is_taken(name: str, making: Making, refusal_of: Refusing) -> None:
    assert refusal_of(VARIANTS[name](making)) is None


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ("expired", Refusal.CHAIN_EXPIRED),
        ("not yet valid", Refusal.CHAIN_NOT_YET),
        ("of P-256", Refusal.CHAIN_ALGORITHM),
        ("of secp256k1", Refusal.CHAIN_ALGORITHM),
        ("signed by SHA-256", Refusal.CHAIN_ALGORITHM),
    ],
)
def test_a_trusted_root_is_held_to_the_rules_too(
    odd: str, expected: Refusal, refusal_of: Refusing, now: float
) -> None:
    root = new_root(now, ANYWHERE[odd])
    trust = Trust(Roots(frozenset({hashlib.sha256(root.der).hexdigest()})))
    module = DevelopmentModule(root, pcrs={0: b"\x01" * 48}, clock=lambda: now)
    assert refusal_of(module.attest(), trust=trust) is expected


def test_every_refusal_says_what_it_found(making: Making, trust: Trust, now: float) -> None:
    for name, defect in DEFECTS.items():
        with pytest.raises(Refused) as caught:
            judge_document(defect(making), now=now, trust=trust)
        assert len(str(caught.value)) < 500, name
        assert str(caught.value).isprintable(), name
