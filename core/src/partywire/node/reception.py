"""Who comes in: each connection is judged before a byte of it is read, greeted, and then heard."""

import logging
from collections.abc import Callable, Sequence

import anyio

from partywire.delivery import hello
from partywire.delivery.hello import Hello, HelloAnswer
from partywire.delivery.records import Batch, Receipt
from partywire.errors import (
    IdentityMismatch,
    PartywireError,
    Rejected,
    outside_text,
)
from partywire.identity import Evidence, Identity
from partywire.interfaces import IdentityVerifier, SessionRouter
from partywire.judge import judge
from partywire.node.introduction import Acquaintance, Answering, Introduction

_log = logging.getLogger("partywire")

Greeted = Callable[[str, Acquaintance], None]


class Reception:
    """The `Inbox` that the node's transport serves."""

    def __init__(
        self,
        peers: Sequence[str],
        verifiers: Sequence[IdentityVerifier],
        router: SessionRouter,
        introduction: Introduction,
        greeted: Greeted,
    ) -> None:
        """Let in ``peers``; ``greeted`` is told of each node whose hello was completed."""
        self._verifiers = verifiers
        self._router = router
        self._introduction = introduction
        self._greeted = greeted
        self._turns = {party: Turn() for party in peers}

    def arrive(self, evidence: Evidence) -> "Visitor":
        """Judge a caller by the roster entry that it claims to be."""
        claimed = evidence.claimed
        if claimed not in self._turns:
            shown = outside_text(claimed)
            raise IdentityMismatch(shown, "no such party in the roster")
        identity = self.judge(evidence, claimed)
        return Visitor(
            identity, self._introduction, self._router, self._turns[claimed], self._greeted
        )

    def judge(self, evidence: Evidence, expected: str) -> Identity:
        """Judge evidence, of a caller or of somebody called."""
        now = self._introduction.surroundings.wall()
        return judge(evidence, self._verifiers, expected=expected, now=now)


class Turn:
    """One peer's turn at an asynchronous router: one batch at a time, across its connections."""

    def __init__(self) -> None:
        """Nobody's turn is on."""
        self.lock: anyio.Lock = anyio.Lock()
        self.taken: bool = False


class Visitor:
    """One accepted connection: the `Guest` that a transport talks to."""

    def __init__(
        self,
        identity: Identity,
        introduction: Introduction,
        router: SessionRouter,
        turn: "Turn",
        greeted: Greeted,
    ) -> None:
        """Made by the reception, once the caller is judged."""
        self.identity = identity
        self._wall = introduction.surroundings.wall
        self._router = router
        self._turn = turn
        self._greeted = greeted
        self._answering = Answering(identity.party, introduction)
        self._welcome = False

    def greet(self, step: Hello) -> HelloAnswer:
        """Answer a step of the hello."""
        answer = self._answering.answer(step)
        proved = self._answering.proved
        if proved is not None and proved.hello.kind == hello.NODE:
            self._greeted(self.identity.party, proved)
            self._welcome = True
        return answer

    def accept_nowait(self, batch: Batch) -> Receipt | None:
        """Take a batch without waiting, where the router can and nobody else's turn is on."""
        self._check()
        return None if self._turn.taken else self._router.accept_nowait(self.identity, batch)

    async def accept(self, batch: Batch) -> Receipt:
        """Take a batch, one at a time for each peer."""
        async with self._turn.lock:
            self._check()
            self._turn.taken = True
            try:
                return await self._router.accept(self.identity, batch)
            except PartywireError:
                raise
            except Exception as error:
                _log.exception("the session router failed")
                name = type(error).__name__
                raise Rejected(self.identity.party, f"the router failed with {name}") from error
            finally:
                self._turn.taken = False

    def leave(self) -> None:
        """The connection ended; nothing more is taken from it."""
        self._welcome = False

    def _check(self) -> None:
        party, valid_until = self.identity.party, self.identity.valid_until
        if not self._welcome:
            raise Rejected(party, "a batch outside of a greeted connection")
        if valid_until is not None and self._wall() >= valid_until:
            raise Rejected(party, "its identity is out of date")
