"""A refusal has a stable code, a step, and a sentence that names its facts."""

from __future__ import annotations

import pytest

from partywire.errors import EvidenceInvalid
from partywire_nitro_attest import Refusal, Refused, Step
from partywire_nitro_attest.refusals import UNNAMED, refused


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
