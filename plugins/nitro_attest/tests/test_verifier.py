"""Which certificates with a document in them are a peer's, and which are refused."""

from __future__ import annotations

import contextlib
from typing import Any

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from partywire.errors import EvidenceInvalid, IdentityError
from partywire.identity import Evidence
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_nitro_attest import Refusal, pcr_of_text
from partywire_nitro_attest.development import in_debug_mode, measured
from partywire_nitro_attest.development.defects import CARRIED, DEFECTS, MISCARRIED
from partywire_nitro_attest.development.defects.carriers import plain
from partywire_nitro_attest.peers import NitroPeer
from tests.certificates.building import DAY

from .enclaves import CONFIG, IMAGE, LIFE, NOW, Enclave, evidence, release, spki_of, verifier
from .table import DOCUMENTS
from .verdicts import BOB, refusal, verdict


def test_the_claims_say_what_runs_there_and_until_when() -> None:
    found = verdict(BOB.shows(begin=-600.0))
    assert found.party == "bob"
    assert found.valid_from == int(NOW - 600)
    assert found.valid_until == int(NOW + LIFE - 60)
    assert dict(found.claims) == {
        "attested_release": "an image",
        "attested_module": BOB.module.module_id,
        "attested_until": "2026-06-30 03:32:40 UTC",
        "level": "certificate",
        "development": "yes: no enclave, and nothing is proved",
    }


@pytest.mark.parametrize("carrier", CARRIED)
def test_the_document_may_come_in_either_carrier(carrier: str) -> None:
    shown = BOB.shows(carried=CARRIED[carrier](BOB.document()))
    assert verdict(shown).claims["attested_release"] == "an image"


@pytest.mark.parametrize("name", MISCARRIED)
def test_another_way_to_carry_it_is_refused(name: str) -> None:
    assert refusal(BOB.shows(carried=MISCARRIED[name](BOB.document()))).code.startswith("carrier-")


@pytest.mark.parametrize(
    "name", {refusal: name for name, refusal in DOCUMENTS.items()}.values(), ids=str
)
def test_a_defect_of_the_document_is_refused_by_its_code(name: str) -> None:
    making = BOB.module.making(public_key=spki_of(BOB.key))
    assert refusal(BOB.shows(DEFECTS[name](making))) is DOCUMENTS[name]


def test_a_document_wrapped_in_der_is_refused() -> None:
    document = BOB.document()
    wrapped = b"\x04\x82" + len(document).to_bytes(2) + document
    assert refusal(BOB.shows(carried=(plain(wrapped),))) is Refusal.CBOR_TRAILING


def test_the_document_of_another_party_is_refused_in_ones_own_certificate() -> None:
    alice = Enclave("alice")
    assert refusal(BOB.shows(alice.document())) is Refusal.KEY_OTHER


def test_a_document_without_a_key_is_refused() -> None:
    assert refusal(BOB.shows(BOB.document(public_key=None))) is Refusal.KEY_ABSENT


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        (Encoding.X962, PublicFormat.UncompressedPoint),
        (Encoding.X962, PublicFormat.CompressedPoint),
    ],
)
def test_the_same_key_in_another_encoding_is_refused(
    encoding: Encoding, form: PublicFormat
) -> None:
    written = BOB.key.public_key().public_bytes(encoding, form)
    assert refusal(BOB.shows(BOB.document(public_key=written))) is Refusal.KEY_OTHER


def test_a_document_of_aws_is_not_one_of_development_nor_the_other_way_round() -> None:
    aws = attrs.evolve(CONFIG, development_root=None)
    assert refusal(BOB.shows(), config=aws) is Refusal.CHAIN_ROOT


@pytest.mark.parametrize(
    "pcrs", [measured("another"), {**measured("another"), 0: IMAGE[0], 1: IMAGE[1]}]
)
def test_another_release_and_a_mixture_are_refused(pcrs: dict[int, bytes]) -> None:
    assert refusal(Enclave("bob", pcrs).shows()) is Refusal.RELEASE_UNKNOWN


def test_debug_mode_is_refused_unless_allowed() -> None:
    shown = Enclave("bob", in_debug_mode()).shows()
    assert refusal(shown) is Refusal.DEBUG
    found = verdict(shown, config=attrs.evolve(CONFIG, allow_debug=True))
    assert found.claims["attested_release"] == "none: debug mode"
    assert "operator reads all" in found.claims["debug"]
    called = attrs.evolve(release("an image"), name="none: debug mode")
    found = verdict(BOB.shows(), config=attrs.evolve(CONFIG, release=(called,)))
    assert "debug" not in found.claims


def test_the_pins_of_the_peer_are_asked_for() -> None:
    pinned = NitroPeer(pcrs={"pcr3": pcr_of_text("role").hex()})
    assert refusal(BOB.shows(), pinned) is Refusal.PCR_OTHER
    assert verdict(Enclave("bob", {**IMAGE, 3: pcr_of_text("role")}).shows(), pinned).party == "bob"


def test_a_certificate_that_outlives_its_document_is_refused() -> None:
    with pytest.raises(EvidenceInvalid, match=r"after the one that signed its document"):
        verdict(BOB.shows(end=LIFE + 2))


@pytest.mark.parametrize(
    "changes",
    [
        {"ca": True},
        {"usages": None},
        {"usages": ("digital_signature", "key_cert_sign")},
    ],
)
def test_a_certificate_that_may_sign_others_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EvidenceInvalid, match="may sign others"):
        verdict(BOB.shows(**changes))


@pytest.mark.parametrize(("begin", "end", "said"), [(-DAY, -1, "expired"), (5, 60, "not valid")])
def test_a_certificate_out_of_date_is_refused(begin: float, end: float, said: str) -> None:
    with pytest.raises(EvidenceInvalid, match=said):
        verdict(BOB.shows(begin=begin, end=end))


def test_an_identity_ends_before_its_document_is_too_old() -> None:
    config = attrs.evolve(CONFIG, max_age=600.0)
    assert verdict(BOB.shows(), config=config).valid_until == NOW + 600
    assert refusal(BOB.shows(), config=config, now=NOW + 601) is Refusal.TIME_TOO_OLD


def test_a_clock_that_is_50_seconds_slow_is_no_matter_and_one_of_70_is() -> None:
    assert verdict(BOB.shows(), now=NOW - 50).party == "bob"
    assert refusal(BOB.shows(), now=NOW - 70) is Refusal.TIME_FUTURE


def test_somebody_of_whom_nothing_is_configured_is_refused() -> None:
    asked = verifier({"alice": NitroPeer()})
    with pytest.raises(EvidenceInvalid, match="nothing of such a party"):
        asked.verify(evidence("bob", BOB.shows()), expected="bob", now=NOW)
    assert asked.challenges("bob")


def test_evidence_without_a_certificate_is_refused() -> None:
    with pytest.raises(EvidenceInvalid, match="no certificate"):
        verifier({"bob": NitroPeer()}).verify(Evidence("bob", "a test"), expected="bob", now=NOW)


def test_fields_that_nobody_knows_are_a_claim() -> None:
    making = BOB.module.making(public_key=spki_of(BOB.key))
    found = verdict(BOB.shows(making.saying(new=1, newer=2).document()))
    assert found.claims["unknown_fields"] == "new, newer"
    assert "unknown_fields" not in verdict(BOB.shows()).claims


def test_they_are_refused_where_the_config_says_so() -> None:
    strict = attrs.evolve(CONFIG, unknown_fields="refuse")
    making = BOB.module.making(public_key=spki_of(BOB.key))
    odd = BOB.shows(making.saying(new=1).document())
    assert refusal(odd, config=strict) is Refusal.FIELD_UNKNOWN


SHOWN = BOB.shows().der


@given(at=st.integers(0, len(SHOWN) - 1), bit=st.integers(0, 7))
def test_whatever_is_shown_there_is_a_verdict_or_a_refusal(at: int, bit: int) -> None:
    changed = bytearray(SHOWN)
    changed[at] ^= 1 << bit
    asked = verifier({"bob": NitroPeer()})
    with contextlib.suppress(IdentityError):
        shown = TlsEvidence("bob", "a test", bytes(changed))
        assert asked.verify(shown, expected="bob", now=NOW).party == "bob"


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_the_key_of_a_certificate_may_be_on_another_curve(curve: ec.EllipticCurve) -> None:
    assert verdict(Enclave("bob", key=ec.generate_private_key(curve)).shows()).party == "bob"
