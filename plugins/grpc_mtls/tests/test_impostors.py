"""Whoever breaks one rule of certificates is refused, in words that say which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywire.errors import IdentityError
from partywire_grpc.certificates.evidence import TlsEvidence
from tests.certificates.impostors import IMPOSTORS
from tests.certificates.town import Town, town
from tests.certificates.verifying import verifier_of

if TYPE_CHECKING:
    from partywire.interfaces import IdentityVerifier

NOW = 1_700_000_000.0


@pytest.fixture(scope="module")
def place() -> Town:
    return town(NOW)


@pytest.fixture(scope="module")
def verifier(place: Town, tmp_path_factory: pytest.TempPathFactory) -> IdentityVerifier:
    return verifier_of(place, tmp_path_factory.mktemp("town"))


@pytest.mark.parametrize("name", IMPOSTORS)
def test_an_impostor_is_refused(name: str, place: Town, verifier: IdentityVerifier) -> None:
    impostor = IMPOSTORS[name]
    shown = TlsEvidence(impostor.party, "a test", impostor.make(place).der)
    with pytest.raises(IdentityError, match=impostor.refused) as caught:
        verifier.verify(shown, expected=impostor.party, now=NOW)
    assert type(caught.value) is impostor.error
    assert caught.value.expected == impostor.party
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("party", ["bob", "carol", "erin", "r1.dave.example"])
def test_the_party_itself_is_let_in(party: str, place: Town, verifier: IdentityVerifier) -> None:
    shown = TlsEvidence(party, "a test", place.own[party].der)
    assert verifier.verify(shown, expected=party, now=NOW).party == party
