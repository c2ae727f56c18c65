"""A proof is of the enclave that the certificate is of, and made for this very connection."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire.errors import EvidenceInvalid
from partywire_nitro_attest import Refusal, Refused, Step
from partywire_nitro_attest.development import DevelopmentModule, issued, measured, new_root
from partywire_nitro_attest.development.defects import DEFECTS
from partywire_nitro_attest.peers import NitroPeer

from .enclaves import CONFIG, IMAGE, LIFE, NOW, Enclave, evidence, spki_of, verifier

if TYPE_CHECKING:
    from partywire.identity import Verdict
    from partywire_nitro_attest.config import NitroConfig

BINDING = hashlib.sha384(b"both hellos, both certificates").digest()
BOB = Enclave("bob")
SHOWN = BOB.shows()


def verdict(
    proof: bytes,
    *,
    binding: bytes | None = BINDING,
    level: Any = "bound",
    config: NitroConfig = CONFIG,
    now: float = NOW,
) -> Verdict:
    asked = verifier({"bob": NitroPeer(level)}, config)
    return asked.verify(evidence("bob", SHOWN, proof), expected="bob", binding=binding, now=now)


def refusal(proof: bytes, **asked: Any) -> Refusal:
    with pytest.raises(Refused, match="of its proof, ") as caught:
        verdict(proof, **asked)
    assert caught.value.expected == "bob"
    return caught.value.refusal


def test_a_peer_is_challenged_unless_its_level_is_certificate() -> None:
    asked = verifier({"bob": NitroPeer(), "carol": NitroPeer("certificate")})
    assert asked.challenges("bob")
    assert not asked.challenges("carol")


def test_a_proof_for_this_connection_makes_the_level_bound() -> None:
    found = verdict(BOB.document(nonce=BINDING))
    assert found.claims["level"] == "bound"
    assert found.valid_until == int(NOW + LIFE - 60)


def test_before_anybody_was_challenged_the_level_is_certificate() -> None:
    assert verdict(b"", binding=None).claims["level"] == "certificate"


def test_a_verdict_ends_with_the_proof_where_that_ends_first() -> None:
    chain = issued(
        BOB.module.making().chain.root, module_id=BOB.module.module_id, now=NOW, lifetime=60.0
    )
    making = BOB.module.making(public_key=spki_of(BOB.key), nonce=BINDING).under(chain)
    assert verdict(making.document()).valid_until == int(NOW + 60)


def test_a_peer_that_gives_no_proof_is_refused() -> None:
    with pytest.raises(EvidenceInvalid, match="gave no proof"):
        verdict(b"")


def test_a_proof_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(EvidenceInvalid, match="nobody has asked for"):
        verdict(BOB.document(nonce=BINDING), binding=None)


@pytest.mark.parametrize(
    "nonce",
    [None, b"", BINDING[:-1], BINDING + b"\0", BINDING[::-1], bytes(31), bytes(48)],
    ids=["none", "empty", "short", "long", "another", "31 bytes", "zeros"],
)
def test_a_proof_for_another_connection_is_refused(nonce: bytes | None) -> None:
    assert refusal(BOB.document(nonce=nonce)) is Refusal.NONCE


def test_the_document_of_the_certificate_is_no_proof() -> None:
    document = BOB.document()
    shown = evidence("bob", BOB.shows(document), document)
    with pytest.raises(Refused) as caught:
        verifier({"bob": NitroPeer()}).verify(shown, expected="bob", binding=BINDING, now=NOW)
    assert caught.value.refusal is Refusal.NONCE


@pytest.mark.parametrize("party", ["alice", "carol"])
def test_our_own_proof_that_comes_back_is_refused_as_is_that_of_a_third(party: str) -> None:
    assert refusal(Enclave(party).document(nonce=BINDING)) is Refusal.KEY_OTHER


def test_a_proof_without_the_key_of_the_certificate_is_refused() -> None:
    proof = BOB.document(public_key=None, nonce=BINDING)
    assert refusal(proof) is Refusal.KEY_ABSENT


def test_a_proof_of_another_enclave_is_refused_even_where_it_has_the_key() -> None:
    twin = Enclave("bob", key=BOB.key)
    with pytest.raises(EvidenceInvalid, match="of another enclave than its certificate"):
        verdict(twin.document(nonce=BINDING))


@pytest.mark.parametrize("index", [4, 16])
def test_other_measurements_than_in_the_certificate_are_refused(index: int) -> None:
    making = BOB.module.making(public_key=spki_of(BOB.key), nonce=BINDING)
    pcrs = {**dict.fromkeys(range(16), bytes(48)), **IMAGE, index: b"\1" * 48}
    with pytest.raises(EvidenceInvalid, match="measurements in its proof"):
        verdict(making.saying(pcrs=pcrs).document())


def test_a_proof_is_held_to_the_policy_itself() -> None:
    making = BOB.module.making(public_key=spki_of(BOB.key), nonce=BINDING)
    pcrs = {**dict.fromkeys(range(16), bytes(48)), **measured("another")}
    assert refusal(making.saying(pcrs=pcrs).document()) is Refusal.RELEASE_UNKNOWN
    debug = {**pcrs, **dict.fromkeys(range(3), bytes(48))}
    assert refusal(making.saying(pcrs=debug).document()) is Refusal.DEBUG


def test_a_proof_is_held_to_its_age() -> None:
    old = DevelopmentModule(BOB.module.making().chain.root, pcrs=IMAGE, clock=lambda: NOW - 61)
    proof = old.attest(public_key=spki_of(BOB.key), nonce=BINDING)
    asked = {"config": attrs.evolve(CONFIG, max_age=60.0)}
    assert refusal(proof, **asked) is Refusal.TIME_TOO_OLD


def test_a_proof_below_another_root_is_refused() -> None:
    stranger = DevelopmentModule(new_root(NOW), pcrs=IMAGE, clock=lambda: NOW)
    proof = stranger.attest(public_key=spki_of(BOB.key), nonce=BINDING)
    assert refusal(proof) is Refusal.CHAIN_ROOT


@pytest.mark.parametrize("name", ["one byte", "text of it", "12289 bytes", "algorithm ES256"])
def test_what_is_no_document_is_no_proof(name: str) -> None:
    making = BOB.module.making(public_key=spki_of(BOB.key), nonce=BINDING)
    assert refusal(DEFECTS[name](making)).step in (Step.SIZE, Step.FORM)


@pytest.mark.parametrize("proof", [b"", b"of another verifier"])
@pytest.mark.parametrize("binding", [None, BINDING])
def test_where_the_level_is_certificate_proofs_are_others_matter(
    proof: bytes, binding: bytes | None
) -> None:
    found = verdict(proof, binding=binding, level="certificate")
    assert found.claims["level"] == "certificate"
