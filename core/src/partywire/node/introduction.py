"""How a node introduces itself, and what it makes of the other end's introduction."""

from collections.abc import Callable
from typing import Protocol

import attrs

from partywire.delivery import hello
from partywire.delivery.challenge import CHALLENGE, End, Exchange, Role, Slot, encode_slot
from partywire.delivery.hello import Hello, HelloAnswer, Welcome
from partywire.errors import Rejected, outside_text
from partywire.node.counterpart import NO_ATTESTER, OUT_OF_TURN, Counterpart, check_proof, slot_of
from partywire.node.prover import Prover
from partywire.node.surroundings import Surroundings


@attrs.frozen
class Acquaintance:
    """What a hello brought to light of the other end.

    Attributes:
        hello: the other end's own step.
        asked: when the nonce was made that it echoed; seconds of the node's clock. It was alive
            then, or later.
    """

    hello: Hello
    asked: float


class Greeted(Protocol):
    """The side of a `Channel` that the hello goes by."""

    async def greet(self, hello: Hello, /) -> HelloAnswer:
        """Send a step of the hello and return the answer."""


@attrs.frozen
class Introduction:
    """This node's own facts for every hello; ``roster`` returns the fingerprint of its roster."""

    party: str
    incarnation: bytes
    started: float
    roster: Callable[[], bytes]
    surroundings: Surroundings
    kind: str = hello.NODE
    prover: Prover | None = None

    def step(self, *, nonce: bytes = b"", echo: bytes = b"", slot: Slot | None = None) -> Hello:
        """Return a step of the hello."""
        return Hello(
            kind=self.kind,
            incarnation=self.incarnation,
            started=self.started,
            roster=self.roster(),
            clock=self.surroundings.wall(),
            nonce=nonce,
            echo=echo,
            slot=encode_slot(slot),
        )

    def nonce(self) -> bytes:
        """Return a fresh nonce."""
        return self.surroundings.token(hello.NONCE)

    def now(self) -> float:
        """Return the time of the node's clock, in seconds."""
        return self.surroundings.clock()()

    def slot(self, there: Counterpart, *, asked: bool) -> Slot | None:
        """Return the slot of the first step of ours; ``asked``: we may have to prove ourselves."""
        wanted = there.take_proof is not None
        if not wanted and not asked:
            return None
        return Slot(wanted, self.surroundings.token(CHALLENGE))

    async def proof(
        self, there: Counterpart, slot: Slot | None, exchange: Exchange, role: Role
    ) -> bytes:
        """Return our own proof, in that role, where the slot of the other end wants one.

        Raises `Rejected`: there is no attester, or it makes none.
        """
        if slot is None or not slot.wanted:
            return b""
        if self.prover is None:
            raise Rejected(there.party, NO_ATTESTER)
        binding = exchange.binding(role)
        return await self.prover.proof(there.party, role, binding, there.evidence.own)

    async def greet(self, there: Counterpart, channel: Greeted) -> tuple[Acquaintance, Welcome]:
        """Go through the hello on a connection that we made; return who is there and its end.

        Raises:
            Rejected: the peer does not follow the hello, or we cannot prove ourselves to it.
            IdentityError: its proof is refused.
        """
        peer, asked, nonce = there.party, self.now(), self.nonce()
        slot = self.slot(there, asked=self.prover is not None)
        first = self.step(nonce=nonce, slot=slot)
        second = await channel.greet(first)
        if not isinstance(second, Hello):
            raise Rejected(peer, "ended the hello before its second step")
        self._check(peer, second, nonce)
        server = End(peer, there.evidence.digest)
        exchange = Exchange(End(self.party, there.evidence.own), server, first, second)
        end = await channel.greet(await self._third(there, slot, exchange))
        if not isinstance(end, Welcome):
            raise Rejected(peer, "did not end the hello")
        check_proof(there, end.proof, exchange, Role.SERVER, self.now() - asked)
        return Acquaintance(second, asked), end

    async def _third(self, there: Counterpart, own: Slot | None, exchange: Exchange) -> Hello:
        """Return the third step, with our proof where it is due."""
        slot = slot_of(there.party, exchange.second)
        if slot and slot.proof:
            raise Rejected(there.party, OUT_OF_TURN)
        proof = await self.proof(there, slot, exchange, Role.DIALLER)
        answer = Slot(False, own.challenge, proof) if own and proof else None
        return self.step(echo=exchange.second.nonce, slot=answer)

    def _check(self, peer: str, second: Hello, nonce: bytes) -> None:
        problem = hello.fault(second)
        if problem is None and second.kind != hello.NODE:
            problem = "a hello of a kind that takes no calls"
        if problem is None and (second.echo != nonce or len(second.nonce) != hello.NONCE):
            problem = "a hello that does not echo the nonce"
        if problem is not None:
            raise Rejected(peer, outside_text(problem, 200))
