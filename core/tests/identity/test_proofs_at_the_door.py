"""Challenge and proof as a transport sees them: steps at once, and connections that end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio
import attrs
import pytest

from core.tests.identity.desk import BATCH, FIRST, LIFE, Desk, third
from partywire.delivery.challenge import CHALLENGE, Slot, encode_slot
from partywire.delivery.hello import Hello, HelloAnswer, Welcome
from partywire.delivery.limits import Limits
from partywire.errors import EvidenceInvalid, Rejected
from partywire.identity import Credentials, Evidence, Verdict
from partywire.interfaces import IdentityVerifier
from partywire.judge import Verifiers
from partywire.node.prover import Prover
from partywire.node.reception import UNPROVED
from partywire.setting import Attester

if TYPE_CHECKING:
    from partywire.node.visitor import Visitor

WANTED = attrs.evolve(FIRST, slot=encode_slot(Slot(True, b"c" * CHALLENGE)))
"""A first step that asks Alice for a proof."""
PATIENCE = 10.0


class Slow(Attester):
    """Answers once it may."""

    def __init__(self) -> None:
        self.may_go = anyio.Event()
        self.waiting = 0

    async def credentials(self) -> Credentials:
        raise NotImplementedError

    async def changed(self) -> None:
        raise NotImplementedError

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        self.waiting += 1
        try:
            await self.may_go.wait()
        finally:
            self.waiting -= 1
        return b"proof"


class Challenges(IdentityVerifier):
    """Takes one proof, whatever it has to cover."""

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if binding is not None and evidence.proof != b"proof":
            raise EvidenceInvalid(expected, "another proof")
        return Verdict(expected)

    def challenges(self, party: str) -> bool:
        return True


class CannotSay(Challenges):
    def challenges(self, party: str) -> bool:
        raise LookupError(party)


def proved(step: Hello, proof: bytes) -> Hello:
    return attrs.evolve(step, slot=encode_slot(Slot(False, b"c" * CHALLENGE, proof)))


async def greeted(bob: Visitor, proof: bytes) -> HelloAnswer:
    second = await bob.greet(WANTED)
    return await bob.greet(proved(third(second), proof))


async def test_two_steps_at_once_are_rejected_and_the_first_goes_on() -> None:
    attester = Slow()
    desk = Desk(prover=Prover(attester, Limits()))
    bob, ends = desk.bob(), []
    second = await bob.greet(WANTED)

    async def greet() -> None:
        ends.append(await bob.greet(third(second)))

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            group.start_soon(greet)
            await anyio.wait_all_tasks_blocked()
            for step in (WANTED, third(second)):
                with pytest.raises(Rejected, match="before the last one was answered"):
                    await bob.greet(step)
            attester.may_go.set()
    assert isinstance(ends[0], Welcome)
    assert desk.told == [("bob", LIFE)]


async def test_a_connection_that_ends_takes_its_greeting_along() -> None:
    attester = Slow()
    desk = Desk(prover=Prover(attester, Limits()))
    bob, problems = desk.bob(), []
    second = await bob.greet(WANTED)

    async def greet() -> None:
        with pytest.raises(Rejected) as caught:
            await bob.greet(third(second))
        problems.append(caught.value.problem)

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            group.start_soon(greet)
            await anyio.wait_all_tasks_blocked()
            assert attester.waiting == 1
            bob.leave()
        assert problems == ["a hello on a connection that has ended"]
        assert attester.waiting == 0
        attester.may_go.set()
        assert desk.told == []
        again = desk.bob()
        assert isinstance(await again.greet(third(await again.greet(WANTED))), Welcome)


async def test_a_caller_that_is_challenged_proves_itself_for_a_while() -> None:
    attester = Slow()
    attester.may_go.set()
    desk = Desk(prover=Prover(attester, Limits()))
    desk.reception.ask(Verifiers((Challenges(),)))
    bob = desk.bob()
    assert isinstance(await greeted(bob, b"proof"), Welcome)
    assert bob.identity.valid_until == desk.now + 60.0
    for proof, words in ((b"", "gave no proof"), (b"else", "bob refused: another proof")):
        with pytest.raises(Rejected, match=words):
            await greeted(desk.bob(), proof)
    assert desk.told == [("bob", LIFE)]


async def test_a_proof_ends_by_a_clock_that_cannot_be_set() -> None:
    """Whoever holds the wall clock lets it stand."""
    attester = Slow()
    attester.may_go.set()
    desk = Desk(prover=Prover(attester, Limits()))
    desk.reception.ask(Verifiers((Challenges(),)))
    bob = desk.bob()
    desk.clock = 40.0
    await greeted(bob, b"proof")
    desk.clock = 99.0
    desk.agenda.run()
    bob.accept_nowait(BATCH)
    assert desk.reception.judge_again("bob") is None  # which leaves its end as it is
    desk.clock = 100.0
    with pytest.raises(Rejected, match="its identity is out of date"):
        bob.accept_nowait(BATCH)
    desk.agenda.run()
    assert [str(problem) for problem in desk.dismissed] == ["bob: its identity is out of date"]


async def test_who_has_not_proved_itself_is_sent_away_once_a_proof_is_asked_for() -> None:
    desk = Desk()
    bob = desk.bob()
    await bob.greet(third(await bob.greet(FIRST)))
    desk.reception.ask(Verifiers((Challenges(),)))
    assert UNPROVED in str(desk.reception.judge_again("bob"))
    assert [UNPROVED in str(problem) for problem in desk.dismissed] == [True]


async def test_a_verifier_that_cannot_say_whom_it_challenges_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk()
    desk.reception.ask(Verifiers((CannotSay(),)))
    assert [desk.reception.challenges(f"party {number}") for number in range(100)] == [True] * 100
    assert [(each.levelno, each.message) for each in caplog.records] == [
        (logging.ERROR, "the verifier CannotSay fails to say whom it challenges: it challenges all")
    ]
    desk.reception.ask(Verifiers((CannotSay(),)))
    assert desk.reception.challenges("bob")
    assert len(caplog.records) == 2
