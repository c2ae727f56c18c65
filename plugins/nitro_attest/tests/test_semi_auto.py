"""In semi-auto mode a party certificate says who runs the enclave."""

from __future__ import annotations

import hashlib
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from partywire.errors import EvidenceInvalid, IdentityMismatch
from partywire_nitro_attest import Refusal
from tests.certificates.building import DAY, authority, make

from .enclaves import IMAGE, LIFE, NOW, Enclave, anchored, signed_by
from .verdicts import PARTY, refusal, verdict

if TYPE_CHECKING:
    from pathlib import Path


def test_in_semi_auto_mode_the_party_certificate_says_who_it_is(tmp_path: Path) -> None:
    enclave = Enclave("bob", signed_by(PARTY))
    found = verdict(enclave.shows(party_certificate=PARTY.der), anchored(tmp_path, PARTY))
    assert found.party == "bob"
    assert found.claims["attested_release"] == "an image"


def test_either_party_certificate_is_let_in_during_a_renewal(tmp_path: Path) -> None:
    new = make("bob", now=NOW, end=LIFE / 2)
    peer = anchored(tmp_path, PARTY, new)
    for each, end in ((PARTY, LIFE - 60), (new, LIFE / 2)):
        shown = Enclave("bob", signed_by(each)).shows(party_certificate=each.der)
        assert verdict(shown, peer).valid_until == int(NOW + end)


def test_the_signer_of_the_image_counts_and_not_what_the_certificate_names(tmp_path: Path) -> None:
    peer = anchored(tmp_path, PARTY)
    other = make("bob", now=NOW)
    pcr8s = {
        "unsigned": bytes(48),
        "the plain hash": hashlib.sha384(PARTY.der).digest(),
        "another": signed_by(other)[8],
    }
    for name, pcr8 in pcr8s.items():
        shown = Enclave("bob", {**IMAGE, 8: pcr8}).shows(party_certificate=PARTY.der)
        assert refusal(shown, peer) is Refusal.PCR_OTHER, name


def test_of_two_party_certificates_the_named_one_has_to_be_the_signer(tmp_path: Path) -> None:
    new = make("bob", now=NOW)
    shown = Enclave("bob", signed_by(PARTY)).shows(party_certificate=new.der)
    assert refusal(shown, anchored(tmp_path, PARTY, new)) is Refusal.PCR_OTHER


def test_the_party_certificate_of_another_party_is_refused(tmp_path: Path) -> None:
    alice = make("alice", now=NOW)
    shown = Enclave("bob", signed_by(alice)).shows(party_certificate=alice.der)
    other, known = (sha256(each.der).hexdigest() for each in (alice, PARTY))
    said = f"SHA-256 {other}, and this config has {known}"
    with pytest.raises(IdentityMismatch, match=said):
        verdict(shown, anchored(tmp_path, PARTY))


@pytest.mark.parametrize("named", [b"", PARTY.der + b"\0", b"\x04\x82\x01\x00" + PARTY.der])
def test_it_is_named_byte_for_byte(tmp_path: Path, named: bytes) -> None:
    shown = Enclave("bob", signed_by(PARTY)).shows(party_certificate=named)
    with pytest.raises(IdentityMismatch, match="not the configured one"):
        verdict(shown, anchored(tmp_path, PARTY))


def test_a_certificate_that_names_no_party_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceInvalid, match="names no party certificate"):
        verdict(Enclave("bob", signed_by(PARTY)).shows(), anchored(tmp_path, PARTY))


@pytest.mark.parametrize(("begin", "end", "said"), [(-DAY, -1, "expired"), (1, DAY, "not valid")])
def test_a_party_certificate_out_of_date_is_refused(
    tmp_path: Path, begin: float, end: float, said: str
) -> None:
    odd = make("bob", now=NOW, begin=begin, end=end)
    shown = Enclave("bob", signed_by(odd)).shows(party_certificate=odd.der)
    with pytest.raises(EvidenceInvalid, match=f"the party certificate.*{said}"):
        verdict(shown, anchored(tmp_path, odd))


def test_in_semi_auto_mode_a_certificate_is_signed_by_its_own_key(tmp_path: Path) -> None:
    enclave = Enclave("bob", signed_by(PARTY))
    shown = enclave.shows(party_certificate=PARTY.der, by=authority("bob", NOW))
    with pytest.raises(EvidenceInvalid, match="not signed by its own key"):
        verdict(shown, anchored(tmp_path, PARTY))
