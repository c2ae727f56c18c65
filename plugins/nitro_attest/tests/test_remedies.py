"""Each refusal comes with what the operator of that party has to do."""

from __future__ import annotations

import pytest

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire_nitro_attest import Refusal, Refused
from partywire_nitro_attest.peers import NitroPeer
from partywire_nitro_attest.refusals import UNNAMED
from partywire_nitro_attest.remedies import told
from tests.certificates.building import make

from .enclaves import IMAGE, NOW, Enclave, evidence, verifier


@pytest.mark.parametrize("refusal", Refusal)
def test_each_refusal_has_a_remedy(refusal: Refusal) -> None:
    found = told(Refused(UNNAMED, "a sentence", refusal), "bob")
    assert (found.expected, found.problem, found.refusal) == ("bob", "a sentence", refusal)
    assert found.remedy
    assert found.remedy not in str(found)


@pytest.mark.parametrize("kind", [EvidenceInvalid, IdentityMismatch])
def test_so_has_what_is_refused_for_the_certificate(kind: type[EvidenceInvalid]) -> None:
    found = told(kind("bob", "a sentence"), "bob")
    assert type(found) is kind
    assert "its attester" in found.remedy


def test_the_verifier_says_what_to_do_about_a_release_that_is_not_trusted() -> None:
    other = Enclave("bob", pcrs={**IMAGE, 0: bytes([7]) * 48})
    with pytest.raises(Refused) as caught:
        verifier({"bob": NitroPeer()}).verify(
            evidence("bob", other.shows()), expected="bob", now=NOW
        )
    assert caught.value.refusal is Refusal.RELEASE_UNKNOWN
    assert f"PCR0 {'07' * 48}" in caught.value.problem
    assert caught.value.problem.endswith("trusted here: former, an image")
    assert "[[verifier.release]]" in caught.value.remedy


def test_the_verifier_says_what_to_do_about_a_certificate_out_of_date() -> None:
    ended = evidence("bob", make("bob", now=NOW, begin=-60.0, end=-30.0))
    with pytest.raises(EvidenceInvalid, match="expired") as caught:
        verifier({"bob": NitroPeer()}).verify(ended, expected="bob", now=NOW)
    assert caught.value.remedy
