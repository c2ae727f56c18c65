"""The serving side of a hello."""

from partywire.delivery import hello
from partywire.delivery.challenge import End, Exchange, Role
from partywire.delivery.hello import Hello, HelloAnswer, Welcome
from partywire.errors import Rejected
from partywire.node.counterpart import OUT_OF_TURN, Counterpart, check_proof, slot_of
from partywire.node.introduction import Acquaintance, Introduction


class Answering:
    """Answers one hello: two calls of `answer`, in order, the second after the first has ended."""

    def __init__(self, there: Counterpart, introduction: Introduction) -> None:
        """Wait for the first step."""
        self._there = there
        self._peer = there.party
        self._introduction = introduction
        self._nonce = b""
        self._asked = 0.0
        self._exchange: Exchange | None = None
        self.met: Acquaintance | None = None
        """The peer's facts, once its echo has proved them to be live."""

    async def answer(self, step: Hello) -> HelloAnswer:
        """Answer a step.

        Raises:
            Rejected: it does not follow, or we cannot prove ourselves as it asks.
            IdentityError: the proof in it is refused.
        """
        problem = hello.fault(step)
        if problem is not None:
            raise Rejected(self._peer, problem)
        exchange = self._exchange
        if exchange is None:
            return self._second(step)
        if (
            self.met is not None
            or step.echo != self._nonce
            or step.incarnation != exchange.first.incarnation
        ):
            raise Rejected(self._peer, "a hello that does not echo the nonce")
        self._check_proof(exchange, step)
        proof = await self._proof(exchange)
        self.met = Acquaintance(step, self._asked)
        return Welcome(step.roster == self._introduction.roster(), proof=proof)

    def _second(self, first: Hello) -> Hello:
        if len(first.nonce) != hello.NONCE:
            raise Rejected(self._peer, "a hello without a nonce")
        there, here, slot = self._there, self._introduction, slot_of(self._peer, first)
        if slot and slot.proof:
            raise Rejected(self._peer, OUT_OF_TURN)
        self._asked, self._nonce = here.now(), here.nonce()
        own = here.slot(there, asked=slot is not None and slot.wanted)
        second = here.step(nonce=self._nonce, echo=first.nonce, slot=own)
        dialler = End(self._peer, there.evidence.digest)
        server = End(here.party, there.evidence.own)
        self._exchange = Exchange(dialler, server, first, second)
        return second

    async def _proof(self, exchange: Exchange) -> bytes:
        """Return our own proof, where the dialler wants one, which has given its own by now.

        Where there is no attester it says what it misses, in more words than an ending has.
        """
        if self._introduction.prover is None:
            return b""
        slot = slot_of(self._peer, exchange.first)
        return await self._introduction.proof(self._there, slot, exchange, Role.SERVER)

    def _check_proof(self, exchange: Exchange, third: Hello) -> None:
        slot, former = slot_of(self._peer, third), slot_of(self._peer, exchange.first)
        if slot and (former is None or slot.challenge != former.challenge):
            raise Rejected(self._peer, "a hello that changes its challenge")
        waited = self._introduction.now() - self._asked
        check_proof(self._there, slot.proof if slot else b"", exchange, Role.DIALLER, waited)
