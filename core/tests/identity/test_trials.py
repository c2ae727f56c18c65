"""Whose evidence is refused again and again is judged less often, and nobody else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from core.tests.identity.desk import FIRST, Desk, third
from partywire.delivery.challenge import CHALLENGE, Slot, encode_slot
from partywire.errors import EvidenceInvalid, IdentityMismatch, Rejected
from partywire.identity import Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.judge import Verifiers
from partywire.node.trials import BURST, FORGOTTEN, KEPT, PAUSE, PROOF_PAUSE

if TYPE_CHECKING:
    from partywire.node.visitor import Visitor

BOB = Evidence("bob", "his own port")
STRANGER = Evidence("bob", "elsewhere")
"""Of somebody who says that he is bob."""


@attrs.frozen
class Certified(Evidence):
    """What bob shows by one of his certificates."""

    number: int = attrs.field(kw_only=True)

    @property
    def digest(self) -> bytes:
        return bytes([self.number])


def certified(number: int) -> Certified:
    return Certified("bob", BOB.source, number=number)


class Who(IdentityVerifier):
    """Bob's evidence is what comes from his own port."""

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if evidence.source != BOB.source:
            raise IdentityMismatch(expected, "somebody else")
        return Verdict(expected)


class What(IdentityVerifier):
    """Counts how often it is asked, and refuses unless it is told not to."""

    def __init__(self, *, challenging: bool = False) -> None:
        self.challenging = challenging
        self.asked = 0
        self.refuses = not challenging

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        self.asked += 1
        if self.refuses or (binding is not None and evidence.proof != b"good"):
            raise EvidenceInvalid(expected, "another program")
        return Verdict(expected)

    def challenges(self, party: str) -> bool:
        return self.challenging


class Port(Desk):
    """A desk where bob's evidence is judged by who and by what."""

    def __init__(self, what: What) -> None:
        super().__init__()
        self.what = what
        self.take_over()

    def take_over(self) -> None:
        """Take another config into use, which says the same."""
        self.reception.ask(Verifiers((Who(),), (self.what,)))

    def call(self, evidence: Evidence = BOB) -> Visitor:
        return self.reception.arrive(evidence, self.dismissed.append)

    def refused(self, words: str, evidence: Evidence = BOB) -> None:
        with pytest.raises((EvidenceInvalid, IdentityMismatch), match=words):
            self.call(evidence)


@pytest.fixture
def port() -> Port:
    return Port(What())


async def tired(port: Port) -> None:
    """Have bob refused so often that he has to wait."""
    for _ in range(BURST):
        port.refused("^identity of bob refused: another program$")
    assert port.what.asked == BURST


async def test_who_is_refused_too_often_is_judged_once_in_a_while(port: Port) -> None:
    await tired(port)
    for _ in range(100):
        port.refused("refused too often just now.* the last time: another program")
    assert port.what.asked == BURST
    for turn in range(1, 4):
        port.clock = turn * PAUSE
        port.refused("refused: another program")
        port.refused("too often")
        assert port.what.asked == BURST + turn


async def test_another_certificate_of_that_party_does_not_wait(port: Port) -> None:
    """A thief of the key of one floods, and bob goes on with the next."""
    for _ in range(10 * BURST):
        port.refused("another program", certified(1))
    port.refused("too often", certified(1))
    port.what.refuses = False
    assert port.call(certified(2)).identity.party == "bob"
    port.refused("too often", certified(1))


async def test_whoever_has_many_certificates_waits_with_all_of_them_in_the_end(port: Port) -> None:
    for number in range(1, KEPT + 1):
        port.refused("^identity of bob refused: another program$", certified(number))
    for number in range(KEPT + 1, KEPT + 1 + BURST):
        port.refused("^identity of bob refused: another program$", certified(number))
    port.refused("too often", certified(200))
    assert len(port.reception._trials._refused["bob"]) == KEPT + 1
    port.clock = FORGOTTEN
    port.refused("^identity of bob refused: another program$", certified(201))
    assert len(port.reception._trials._refused["bob"]) == 1


async def test_who_is_in_order_again_is_let_in(port: Port) -> None:
    await tired(port)
    port.what.refuses = False
    port.refused("too often")
    port.clock = PAUSE
    assert port.call().identity.party == "bob"
    assert port.call().identity.party == "bob", "what passes costs nobody a turn"


async def test_who_only_claims_a_name_costs_its_party_nothing(port: Port) -> None:
    for _ in range(10 * BURST):
        port.refused("somebody else", STRANGER)
    assert port.what.asked == 0
    port.what.refuses = False
    port.call()


async def test_who_only_claims_a_name_is_told_nothing_of_its_party(port: Port) -> None:
    await tired(port)
    port.refused("somebody else", STRANGER)


async def test_who_is_in_no_roster_is_not_remembered(port: Port) -> None:
    for number in range(10 * BURST):
        port.refused("no such party", Evidence(f"mallory{number}", BOB.source))
    assert not port.reception._trials._refused


async def test_a_changed_config_judges_at_once(port: Port) -> None:
    await tired(port)
    port.what.refuses = False
    port.take_over()
    port.call()


async def test_nobody_waits_where_no_verifier_proves_who_is_there(port: Port) -> None:
    """Whoever claims a name could have its party wait."""
    port.reception.ask(Verifiers((), (port.what,)))
    for _ in range(2 * BURST):
        port.refused("another program")
    assert port.what.asked == 2 * BURST


async def test_bad_proofs_are_judged_once_in_a_while() -> None:
    port = Port(What(challenging=True))
    waiting = [port.call() for _ in range(2)]
    for visitor in [port.call() for _ in range(BURST)]:
        with pytest.raises(Rejected, match="another program"):
            await greets(visitor, b"bad")
    asked = port.what.asked
    with pytest.raises(Rejected, match="too often"):
        await greets(waiting[0], b"good")
    assert port.what.asked == asked
    port.call()  # they may be of a thief of bob's key, which is no reason to refuse his calls
    port.clock = PROOF_PAUSE
    await greets(waiting[1], b"good")
    await greets(port.call(), b"good")


async def greets(visitor: Visitor, proof: bytes) -> None:
    def slot(proof: bytes = b"") -> bytes:
        return encode_slot(Slot(False, b"c" * CHALLENGE, proof))

    second = await visitor.greet(attrs.evolve(FIRST, slot=slot()))
    await visitor.greet(attrs.evolve(third(second), slot=slot(proof)))
