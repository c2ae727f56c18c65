"""Who comes in: each connection is judged before a byte of it is read, greeted, and then heard."""

import logging
from collections.abc import Sequence
from typing import Protocol

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


class Host(Protocol):
    """Who is told of callers."""

    def greeted(self, party: str, there: Acquaintance) -> None:
        """A node has gone through its hello. Raises what refuses it all the same."""

    def hung_up(self, party: str) -> None:
        """The connection of one that was greeted has ended."""


class Reception:
    """The `Inbox` that the node's transport serves."""

    def __init__(
        self,
        peers: Sequence[str],
        verifiers: Sequence[IdentityVerifier],
        router: SessionRouter,
        introduction: Introduction,
        host: Host,
    ) -> None:
        """Let in ``peers``."""
        self._verifiers = verifiers
        self._router = router
        self._introduction = introduction
        self._host = host
        self._turns = {party: Turn() for party in peers}

    def arrive(self, evidence: Evidence) -> "Visitor":
        """Judge a caller by the roster entry that it claims to be."""
        claimed = evidence.claimed
        if claimed not in self._turns:
            shown = outside_text(claimed)
            raise IdentityMismatch(shown, "no such party in the roster")
        identity = self.judge(evidence, claimed)
        return Visitor(identity, self._introduction, self._router, self._turns[claimed], self._host)

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
        host: Host,
    ) -> None:
        """Made by the reception, once the caller is judged."""
        self.identity = identity
        self._wall = introduction.surroundings.wall
        self._router = router
        self._turn = turn
        self._host = host
        self._answering = Answering(identity.party, introduction)
        self._welcome = False

    def greet(self, step: Hello) -> HelloAnswer:
        """Answer a step of the hello."""
        answer = self._answering.answer(step)
        proved = self._answering.proved
        if proved is not None and proved.hello.kind == hello.NODE:
            self._host.greeted(self.identity.party, proved)
            self._welcome = True
        return answer

    def accept_nowait(self, batch: Batch) -> Receipt | None:
        """Take a batch without waiting, where the router can and nobody else's turn is on."""
        self._check()
        if self._turn.taken:
            return None
        try:
            return self._router.accept_nowait(self.identity, batch)
        except PartywireError:
            raise
        except Exception as error:
            raise self._failed(error) from error

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
                raise self._failed(error) from error
            finally:
                self._turn.taken = False

    def leave(self) -> None:
        """The connection ended; nothing more is taken from it."""
        if self._welcome:
            self._welcome = False
            self._host.hung_up(self.identity.party)

    def _failed(self, error: Exception) -> Rejected:
        """A router that raises something of its own: a bug over here, and no business of theirs."""
        _log.error("the session router failed", exc_info=error)
        return Rejected(self.identity.party, f"the router failed with {type(error).__name__}")

    def _check(self) -> None:
        identity = self.identity
        if not self._welcome:
            raise Rejected(identity.party, "a batch outside of a greeted connection")
        if identity.valid_until is not None and self._wall() >= identity.valid_until:
            raise Rejected(identity.party, "its identity is out of date")
