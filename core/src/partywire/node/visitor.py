"""One caller that was let in: greeted, heard, and sent away when its identity has ended."""

import logging
from collections.abc import Callable
from typing import Final, Protocol

import anyio
import attrs

from partywire.delivery import hello
from partywire.delivery.agenda import Agenda
from partywire.delivery.filler import thrown_away
from partywire.delivery.hello import Hello, HelloAnswer, WayBack, Welcome
from partywire.delivery.records import Batch, Receipt, Status
from partywire.delivery.tags import Tag
from partywire.errors import IdentityError, PartywireError, Rejected, TransportError
from partywire.identity import Evidence, Identity
from partywire.inbox import Dismiss
from partywire.interfaces import SessionRouter
from partywire.judge import check_sender
from partywire.node.answering import Answering
from partywire.node.bell import Bell
from partywire.node.counterpart import NO_HELLO, Counterpart, Shown
from partywire.node.introduction import Acquaintance, Introduction
from partywire.node.validity import OUT_OF_DATE, Expiry

_log = logging.getLogger("partywire")

ENDED: Final = "a hello on a connection that has ended"

Proved = Callable[[Evidence, bytes, bytes], tuple[Shown, Identity]]
"""Judges evidence by a binding and the proof that has to cover it. Raises `IdentityError`."""

NOT_THIS_WIRE: Final = "this config has it on the reference wire, and takes no batches of it"


class Host(Protocol):
    """Who is told of callers."""

    def greeted(self, party: str, there: Acquaintance) -> None:
        """A node has gone through its hello. Raises what refuses it all the same."""

    def called(self, party: str) -> None:
        """A peer on a wire of single calls has called, for the first time on its connection."""

    def unary(self, party: str) -> bool:
        """Tell whether a peer is on a wire of single calls."""

    def room_of(self, party: str) -> Bell:
        """Return what rings when a message of a peer on such a wire may have room."""

    def hung_up(self, party: str) -> None:
        """The connection of one that was greeted has ended."""

    def way_back(self, party: str) -> WayBack:
        """Return whether this node reaches that party, for its probe."""


@attrs.frozen
class House:
    """What all visitors of a node share."""

    router: SessionRouter
    introduction: Introduction
    agenda: Agenda
    host: Host
    patience: float
    """Seconds that a single call waits for room."""
    proof_lifetime: float
    """Seconds that a proof is good."""


class Gate:
    """The connections that one peer has made to us.

    Attributes:
        visitors: those that stand.
        lock: its turn at an asynchronous router: one batch at a time, across its connections.
        taken: whether that turn is on.
    """

    def __init__(self) -> None:
        """Nobody has come yet."""
        self.visitors: set[Visitor] = set()
        self.lock: anyio.Lock = anyio.Lock()
        self.taken: bool = False


class Visitor:
    """One accepted connection: the `Guest` that a transport talks to."""

    def __init__(
        self,
        shown: Evidence,
        identity: Identity,
        house: House,
        gate: Gate,
        dismiss: Dismiss,
        proved: Proved | None,
    ) -> None:
        """Made by the reception, once the caller is judged.

        ``dismiss`` ends the connection. ``proved`` judges its proof; None where none is asked for.
        """
        self.shown: Shown = Shown(shown)
        self.identity: Identity = identity
        self._proved = proved
        self._router = house.router
        self._gate = gate
        self._host = house.host
        there = Counterpart(identity.party, shown, proved and self._take_proof)
        self._answering = Answering(there, house.introduction)
        self._greeting: anyio.CancelScope | None = None
        self._dismiss = dismiss
        self._unary = house.host.unary(identity.party)
        self._patience = house.patience
        self._welcome = False
        self._called = False
        self._may_fill = False
        self._over = False
        wall = house.introduction.surroundings.wall
        self._expiry = Expiry(house.agenda, wall, self._out_of_date)
        self._expiry.watch(identity.valid_until)
        gate.visitors.add(self)

    async def greet(self, step: Hello) -> HelloAnswer:
        """Answer a step of the hello."""
        if self._over:
            raise Rejected(self.identity.party, ENDED)
        if step.kind == hello.NODE and self._unary:
            raise Rejected(self.identity.party, NOT_THIS_WIRE)
        answer = await self._answer(step)
        met = self._answering.met
        if met is not None and met.hello.kind == hello.NODE:
            self._host.greeted(self.identity.party, met)
            self._welcome = True
        elif isinstance(answer, Welcome):
            self._may_fill = True
            return attrs.evolve(answer, way_back=self._host.way_back(self.identity.party))
        return answer

    async def _answer(self, step: Hello) -> HelloAnswer:
        """Answer a step, unless the connection ends meanwhile."""
        party = self.identity.party
        if self._greeting is not None:
            raise Rejected(party, "a step of the hello before the last one was answered")
        try:
            with anyio.CancelScope() as self._greeting:
                answer = await self._answering.answer(step)
                if not self._over:  # nor in the moment in which the answer was ready
                    return answer
        except IdentityError as error:
            raise Rejected(party, str(error)) from error
        finally:
            self._greeting = None
        raise Rejected(party, ENDED)

    def _take_proof(self, binding: bytes, proof: bytes) -> None:
        if self._proved is not None:
            self.shown, identity = self._proved(self.shown.evidence, binding, proof)
            self.renew(identity)

    def accept_nowait(self, batch: Batch) -> Receipt | None:
        """Take a batch without waiting, where the router can and nobody else's turn is on."""
        if self._may_fill:
            return self._throw_away(batch)
        self._check()
        if self._gate.taken:
            return None
        try:
            return self._router.accept_nowait(self.identity, batch)
        except PartywireError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    async def accept(self, batch: Batch) -> Receipt:
        """Take a batch, one at a time for each peer."""
        if self._may_fill:
            return self._throw_away(batch)
        async with self._gate.lock:
            self._check()
            self._gate.taken = True
            try:
                return await self._router.accept(self.identity, batch)
            except PartywireError:
                raise
            except Exception as error:
                raise self._failed(error) from error
            finally:
                self._gate.taken = False

    async def take(self, tag: Tag, payload: bytes) -> Status:
        """Take a message that came alone; where it has no room, wait for some for a while."""
        until = anyio.current_time() + self._patience
        while True:
            self.checked(tag.sender)
            room = self._host.room_of(self.identity.party)
            status = await self._taken(tag, payload)
            if status is not Status.FULL:
                return status
            with anyio.CancelScope(deadline=until) as wait:
                await room.wait()
            if wait.cancelled_caught:
                return Status.FULL

    async def _taken(self, tag: Tag, payload: bytes) -> Status:
        try:
            return await self._router.take(self.identity, tag, payload)
        except PartywireError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def checked(self, sender: str) -> None:
        """Look whether this peer may call as that sender; the first time it is known to be here."""
        identity = self.identity
        if not self._unary:
            raise Rejected(identity.party, "this config has it on the fast wire")
        if self._proved is not None:
            raise Rejected(identity.party, NO_HELLO)
        check_sender(identity, sender)
        if self._over:
            problem = "a call on a connection that has ended"
            raise Rejected(identity.party, problem)
        self._check_date()
        if not self._called:
            self._called = True
            self._host.called(identity.party)

    def leave(self) -> None:
        """The connection ended; nothing more is taken from it."""
        self._over, self._may_fill = True, False
        self._expiry.stop()
        if self._greeting is not None:
            self._greeting.cancel()
        self._gate.visitors.discard(self)
        if self._welcome or self._called:
            self._welcome = self._called = False
            self._host.hung_up(self.identity.party)

    def renew(self, identity: Identity) -> None:
        """What was shown was judged again, and is good: go on by that."""
        self.identity = identity
        self._expiry.watch(identity.valid_until, self.shown.ends)

    def dismiss(self, problem: TransportError) -> None:
        """Let the transport end the connection, once; nothing more is taken from now on."""
        if self._over:
            return
        self.leave()
        try:
            self._dismiss(problem)
        except Exception:
            _log.exception("the transport failed to end a connection of %s", problem.party)

    def _throw_away(self, batch: Batch) -> Receipt:
        """Answer the one batch that a probe may send; no router sees it."""
        self._may_fill = False
        self._check_date()
        receipt = thrown_away(batch)
        if receipt is None:
            raise Rejected(self.identity.party, "a batch of a probe that is no filler")
        return receipt

    def _out_of_date(self) -> None:
        problem = Rejected(self.identity.party, OUT_OF_DATE)
        _log.warning("ended a connection of %s", problem)
        self.dismiss(problem)

    def _failed(self, error: Exception) -> Rejected:
        """A router that raises something of its own: a bug over here, and no business of theirs."""
        _log.error("the session router failed", exc_info=error)
        return Rejected(self.identity.party, f"the router failed with {type(error).__name__}")

    def _check(self) -> None:
        if not self._welcome:
            raise Rejected(self.identity.party, "a batch outside of a greeted connection")
        self._check_date()

    def _check_date(self) -> None:
        if self._expiry.over():
            raise Rejected(self.identity.party, OUT_OF_DATE)
