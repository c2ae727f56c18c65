"""What the doctor tells by the claims of an identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from partywire.delivery.limits import Limits
from partywire.hookspecs import Setting
from partywire.judge import judge
from partywire.probing import Finding, Status, Subject
from partywire_nitro_attest.development import in_debug_mode
from partywire_nitro_attest.peers import NitroPeer
from partywire_nitro_attest.probe import tells

from .enclaves import CONFIG, NOW, Enclave, evidence, spki_of, verifier

if TYPE_CHECKING:
    from partywire.identity import Evidence, Identity
    from tests.certificates.building import Held

PEERS = {"bob": NitroPeer("certificate")}


def told(shown: Held) -> Finding:
    asked = verifier(PEERS, attrs.evolve(CONFIG, allow_debug=True))

    def judged(evidence: Evidence) -> Identity:
        return judge(evidence, [asked], expected="bob", now=NOW)

    subject = Subject(Setting("alice", CONFIG, PEERS, Limits()), "bob", judged, lambda: NOW)
    return tells(subject, judged(evidence("bob", shown)))


def test_fields_that_are_not_known_are_named() -> None:
    bob = Enclave("bob")
    making = bob.module.making(public_key=spki_of(bob.key))
    odd = told(bob.shows(making.saying(new=1, newer=2).document()))
    assert "fields of its document that are not known here: new, newer" in odd.said
    assert "not known" not in told(bob.shows()).said


def test_debug_mode_is_a_fact() -> None:
    found = told(Enclave("bob", in_debug_mode()).shows())
    assert found.status is Status.WARNING
    assert found.facts["release"] == "none: debug mode"
