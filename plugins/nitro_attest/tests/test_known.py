"""What a verifier remembers of a peer saves it work, and changes no verdict."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import attrs
import pytest

from partywire.errors import IdentityError
from partywire_nitro_attest import Refused, chain, judge_document
from partywire_nitro_attest.development import issued, measured
from partywire_nitro_attest.development.defects import DEFECTS
from partywire_nitro_attest.peers import NitroPeer

from .enclaves import NOW, Enclave, evidence, spki_of, verifier

if TYPE_CHECKING:
    from partywire.identity import Verdict
    from partywire_nitro_attest import Refusal, Trust
    from partywire_nitro_attest.development import DevelopmentModule
    from partywire_nitro_attest.judging import JudgedDocument
    from partywire_nitro_attest.verifier import NitroVerifier
    from tests.certificates.building import Held

BINDING = hashlib.sha384(b"both hellos, both certificates").digest()
BOB = Enclave("bob")
SHOWN = BOB.shows()


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times for which a chain was verified, one after the other."""
    found: list[float] = []
    check = chain._check_path

    def noted(links: list[chain._Link], at: float) -> None:
        found.append(at)
        check(links, at)

    monkeypatch.setattr(chain, "_check_path", noted)
    return found


def verdict(asked: NitroVerifier, shown: Held, proof: bytes = b"", now: float = NOW) -> Verdict:
    binding = BINDING if proof else None
    return asked.verify(evidence("bob", shown, proof), expected="bob", binding=binding, now=now)


def test_all_that_an_enclave_signs_by_one_chain_has_it_verified_once(paths: list[float]) -> None:
    asked = verifier({"bob": NitroPeer()})
    first = verdict(asked, SHOWN)
    bound = verdict(asked, SHOWN, BOB.document(nonce=BINDING))
    again = verdict(asked, BOB.shows(), BOB.document(nonce=BINDING), NOW + 1)
    assert [each.claims["level"] for each in (first, bound, again)] == [
        "certificate",
        "bound",
        "bound",
    ]
    assert paths == [NOW]


def test_another_chain_is_verified(paths: list[float]) -> None:
    asked = verifier({"bob": NitroPeer()})
    verdict(asked, SHOWN)
    making = BOB.module.making(public_key=spki_of(BOB.key), nonce=BINDING)
    other = issued(making.chain.root, module_id=BOB.module.module_id, now=NOW)
    for count in (2, 3):
        verdict(asked, SHOWN, making.under(other).document())
        assert len(paths) == count, "what is remembered is the certificate's"


def test_a_verifier_of_another_config_begins_anew(paths: list[float]) -> None:
    for count in (1, 2):
        verdict(verifier({"bob": NitroPeer()}), SHOWN)
        assert len(paths) == count


def test_a_peer_makes_nobody_remember_another_chain_by_what_is_refused(
    paths: list[float],
) -> None:
    asked = verifier({"bob": NitroPeer()})
    verdict(asked, SHOWN)
    untrusted = Enclave("bob", pcrs=measured("another")).shows()
    for refused in (untrusted, BOB.shows(Enclave("carol").document())):
        with pytest.raises(IdentityError):
            verdict(asked, refused)
    before = len(paths)
    verdict(asked, SHOWN)
    assert len(paths) == before


def test_a_peer_shares_nothing_with_another(paths: list[float]) -> None:
    asked = verifier({"bob": NitroPeer(), "carol": NitroPeer()})
    verdict(asked, SHOWN)
    shown = evidence("carol", attrs.evolve(BOB, party="carol").shows())
    asked.verify(shown, expected="carol", now=NOW)
    assert len(paths) == 2


@pytest.mark.parametrize("now", [NOW - 1, NOW + 86_400, NOW - 86_400], ids=str)
def test_the_time_counts_each_time(now: float) -> None:
    asked = verifier({"bob": NitroPeer()})
    verdict(asked, SHOWN)
    assert outcome(asked, now) == outcome(verifier({"bob": NitroPeer()}), now)


def outcome(asked: NitroVerifier, now: float) -> Verdict | str:
    try:
        return verdict(asked, SHOWN, now=now)
    except IdentityError as refusal:
        return str(refusal)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_refused_as_it_is_where_nothing_is_known(
    name: str, module: DevelopmentModule, trust: Trust, now: float
) -> None:
    known = judge_document(module.attest(), now=now, trust=trust)
    raw = DEFECTS[name](module.making())
    alone = refusal(raw, now, trust, None)
    assert alone is not None
    assert refusal(raw, now, trust, known) is alone


def refusal(raw: bytes, now: float, trust: Trust, known: JudgedDocument | None) -> Refusal | None:
    try:
        judge_document(raw, now=now, trust=trust, known=known)
    except Refused as refused:
        return refused.refusal
    return None
