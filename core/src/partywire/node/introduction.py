"""How a node introduces itself, and what it makes of the other end's introduction."""

from collections.abc import Callable
from typing import Protocol

import attrs

from partywire.delivery import hello
from partywire.delivery.hello import Hello, HelloAnswer, Welcome
from partywire.errors import Rejected, outside_text
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

    incarnation: bytes
    started: float
    roster: Callable[[], bytes]
    surroundings: Surroundings
    kind: str = hello.NODE

    def step(self, *, nonce: bytes = b"", echo: bytes = b"") -> Hello:
        """Return a step of the hello."""
        return Hello(
            kind=self.kind,
            incarnation=self.incarnation,
            started=self.started,
            roster=self.roster(),
            clock=self.surroundings.wall(),
            nonce=nonce,
            echo=echo,
        )

    def nonce(self) -> bytes:
        """Return a fresh nonce."""
        return self.surroundings.token(hello.NONCE)

    def now(self) -> float:
        """Return the time of the node's clock, in seconds."""
        return self.surroundings.clock()()

    async def greet(self, peer: str, channel: Greeted) -> tuple[Acquaintance, Welcome]:
        """Go through the hello on a connection that we made; return who is there and its end.

        Raises:
            Rejected: the peer does not follow the hello.
        """
        asked, nonce = self.now(), self.nonce()
        second = await channel.greet(self.step(nonce=nonce))
        if not isinstance(second, Hello):
            raise Rejected(peer, "ended the hello before its second step")
        self._check(peer, second, nonce)
        end = await channel.greet(self.step(echo=second.nonce))
        if not isinstance(end, Welcome):
            raise Rejected(peer, "did not end the hello")
        return Acquaintance(second, asked), end

    def _check(self, peer: str, second: Hello, nonce: bytes) -> None:
        problem = hello.fault(second)
        if problem is None and second.kind != hello.NODE:
            problem = "a hello of a kind that takes no calls"
        if problem is None and (second.echo != nonce or len(second.nonce) != hello.NONCE):
            problem = "a hello that does not echo the nonce"
        if problem is not None:
            raise Rejected(peer, outside_text(problem, 200))


class Answering:
    """The serving side of one hello: two calls of `answer`, in order."""

    def __init__(self, peer: str, introduction: Introduction) -> None:
        """Wait for the first step."""
        self._peer = peer
        self._introduction = introduction
        self._nonce = b""
        self._asked = 0.0
        self._first: Hello | None = None
        self.proved: Acquaintance | None = None
        """The peer's facts, once its echo has proved them to be live."""

    def answer(self, step: Hello) -> HelloAnswer:
        """Answer a step; raise `Rejected` for one that does not follow."""
        problem = hello.fault(step)
        if problem is not None:
            raise Rejected(self._peer, problem)
        if self._first is None:
            return self._second(step)
        if (
            self.proved is not None
            or step.echo != self._nonce
            or step.incarnation != self._first.incarnation
        ):
            raise Rejected(self._peer, "a hello that does not echo the nonce")
        self.proved = Acquaintance(step, self._asked)
        return Welcome(roster_agrees=step.roster == self._introduction.roster())

    def _second(self, first: Hello) -> Hello:
        if len(first.nonce) != hello.NONCE:
            raise Rejected(self._peer, "a hello without a nonce")
        self._first = first
        self._asked, self._nonce = self._introduction.now(), self._introduction.nonce()
        return self._introduction.step(nonce=self._nonce, echo=first.nonce)
