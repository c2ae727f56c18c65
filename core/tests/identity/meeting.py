"""Two ends that go through a hello, with proofs, and somebody on the way."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import attrs

from partywire.delivery.challenge import End, Exchange, Role, decode_slot, encode_slot
from partywire.delivery.hello import NONCE, Hello, HelloAnswer, Welcome
from partywire.delivery.limits import Limits
from partywire.errors import EvidenceInvalid
from partywire.identity import Credentials, Evidence
from partywire.node.answering import Answering
from partywire.node.counterpart import Counterpart
from partywire.node.introduction import Introduction
from partywire.node.prover import Prover
from partywire.node.surroundings import Surroundings
from partywire.setting import Attester

if TYPE_CHECKING:
    from collections.abc import Callable

ALICE, BOB = End("alice", b"A" * 32), End("bob", b"B" * 32)
PARTIES = {Role.DIALLER: "alice", Role.SERVER: "bob"}


def proof_of(binding: bytes) -> bytes:
    """Whoever runs the same program has this key."""
    return blake2b(binding, key=b"of the program").digest()


class Digests(Attester):
    """Remembers whom it was asked for."""

    def __init__(self) -> None:
        self.shown: list[bytes] = []

    async def credentials(self) -> Credentials:
        raise NotImplementedError

    async def changed(self) -> None:
        raise NotImplementedError

    async def attest(self, binding: bytes, *, shown: bytes = b"") -> bytes:
        self.shown.append(shown)
        return proof_of(binding)


@attrs.frozen(kw_only=True)
class Certificate(Evidence):
    """Shows a certificate."""

    certificate: bytes

    @property
    def digest(self) -> bytes:
        return self.certificate


class Meeting:
    """A hello of Alice, who dials, and Bob; each challenges the other unless the test says not."""

    def __init__(self) -> None:
        self.now = 0.0
        self.attesters: dict[Role, Digests | None] = {role: Digests() for role in Role}
        self.challenges = set(Role)
        self.steps: list[HelloAnswer] = []
        self.proved: list[Role] = []
        self.change: dict[int, Callable[[Any], HelloAnswer]] = {}
        self.answering: Answering | None = None
        self.own = {Role.DIALLER: ALICE, Role.SERVER: BOB}

    def introduction(self, role: Role) -> Introduction:
        attester = self.attesters[role]
        return Introduction(
            PARTIES[role],
            role.value.ljust(NONCE),
            0.0,
            bytes,
            Surroundings(now=lambda: self.now, wall=lambda: 100.0),
            prover=Prover(attester, Limits()) if attester else None,
        )

    def counterpart(self, role: Role, own: Role) -> Counterpart:
        """The end in that role, as the other end sees it."""

        def prove(binding: bytes, proof: bytes) -> None:
            if proof != proof_of(binding):
                raise EvidenceInvalid(PARTIES[role], "another proof")
            self.proved.append(role)

        shown = self.own[role].certificate
        evidence = Certificate(
            PARTIES[role], "here", own=self.own[own].certificate, certificate=shown
        )
        return Counterpart(PARTIES[role], evidence, prove if role in self.challenges else None)

    async def greet(self, step: Hello, /) -> HelloAnswer:
        assert self.answering
        changed = self.on_the_way(step)
        assert isinstance(changed, Hello)
        return self.on_the_way(await self.answering.answer(changed))

    def on_the_way(self, step: HelloAnswer) -> HelloAnswer:
        change = self.change.pop(len(self.steps), None)
        step = change(step) if change else step
        self.steps.append(step)
        return step

    async def takes_place(self) -> Welcome:
        """Go through the hello."""
        self.steps = []
        there = self.counterpart(Role.DIALLER, Role.SERVER)
        self.answering = Answering(there, self.introduction(Role.SERVER))
        alice, bob = self.introduction(Role.DIALLER), self.counterpart(Role.SERVER, Role.DIALLER)
        _, welcome = await alice.greet(bob, self)
        return welcome

    def forged(self, role: Role, change: Callable[[Exchange], Exchange], of: Role) -> None:
        """Let the end in that role prove something else, by what both have said."""

        def forge(step: HelloAnswer) -> HelloAnswer:
            first, second = self.steps[:2]
            assert isinstance(first, Hello)
            assert isinstance(second, Hello)
            exchange = change(Exchange(ALICE, BOB, first, second))
            return with_proof(step, proof_of(exchange.binding(of)))

        self.change[STEP[role]] = forge


STEP = {Role.DIALLER: 2, Role.SERVER: 3}
"""The step that brings the proof of an end."""


def with_proof(step: HelloAnswer, proof: bytes) -> HelloAnswer:
    if isinstance(step, Welcome):
        return attrs.evolve(step, proof=proof)
    slot = decode_slot(step.slot)
    assert slot
    return attrs.evolve(step, slot=encode_slot(attrs.evolve(slot, proof=proof)))


def proof_in(step: HelloAnswer) -> bytes:
    if isinstance(step, Welcome):
        return step.proof
    slot = decode_slot(step.slot)
    assert slot
    return slot.proof


def other(role: Role) -> Role:
    return Role.SERVER if role is Role.DIALLER else Role.DIALLER
