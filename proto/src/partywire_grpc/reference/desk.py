"""The desk of a reference listener: who calls is judged, and what it brings goes to the node."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Final

import attrs
from anyio.abc import TaskGroup

from partywire.delivery.records import Status
from partywire.delivery.tags import decode_sender, decode_tag
from partywire.errors import (
    IdentityError,
    PartywireError,
    Rejected,
    TransportError,
    Unreachable,
)
from partywire_grpc.bridge import Bridge
from partywire_grpc.endings import Code
from partywire_grpc.reference.callers import Caller, Callers, Errand
from partywire_grpc.reference.service import Call, Method
from partywire_grpc.reference.statuses import CHECKED, Answer, answer_of, code_of
from partywire_grpc.reference.turns import Turn
from partywire_grpc.refusals import Refusals
from partywire_grpc.security import Security

_log = logging.getLogger("partywire")

MOST_CALLS: Final = 1_024
"""Calls of one peer at a time; a further one is refused."""


class Desk:
    """Attends to calls: each is a task, and what it brings is read in its peer's turn."""

    def __init__(
        self,
        callers: Callers,
        group: TaskGroup,
        bridge: Bridge,
        security: Security,
        *,
        speaks: Callable[[str], bool],
        refusals: Refusals,
    ) -> None:
        """Let calls be attended to in ``group``.

        ``speaks`` tells whether a party may call here; ``refusals`` is told who is not let in.
        """
        self._callers = callers
        self._group = group
        self._bridge = bridge
        self._security = security
        self._speaks = speaks
        self._refusals = refusals
        self._turns: dict[tuple[str, Method], Turn] = {}
        self._errands: dict[Call, Errand] = {}
        self._closed = False

    def arrived(self, call: Call) -> None:
        """Judge a caller before anything is read, where its handshake shows who it is."""
        try:
            caller = self._judged(call) if self._security.proves else None
            errand = self._errand(call, caller.party if caller else call.other.source)
        except Exception as error:
            self._bridge.to_wire(call.answer, self._refused(call, error))
            return
        if caller is not None:
            errand.belongs_to(caller)
        self._group.start_soon(self._attend, errand)

    def gone(self, call: Call) -> None:
        """A call is over; what was begun for it ends."""
        if call in self._errands:
            self._errands[call].cut(Code.CANCELLED)

    def close(self) -> None:
        """Let nobody in any more; who is here leaves."""
        self._closed = True
        self._callers.clear()
        for errand in self._errands.values():
            errand.cut(Code.UNAVAILABLE)

    def _judged(self, call: Call, named: str = "") -> Caller:
        """Return who calls; ``named`` is the sender of its tag, for want of anything better."""
        if self._closed:
            raise Unreachable(call.other.source, "this node closes")
        seen = self._security.caller(attrs.evolve(call.other, party=named))
        caller = self._callers.caller(seen)
        if not self._speaks(caller.party):
            raise Rejected(caller.party, "calls on the reference wire, and not by this config")
        return caller

    def _errand(self, call: Call, who: str) -> Errand:
        key = who, call.method  # a health check does not wait behind a large value
        turn = self._turns.setdefault(key, Turn(who))
        if turn.calls >= MOST_CALLS:
            raise Unreachable(who, f"has {MOST_CALLS} calls here already")
        turn.calls += 1
        errand = self._errands[call] = Errand(call, turn)
        return errand

    async def _attend(self, errand: Errand) -> None:
        answer = None
        try:
            with errand.scope:
                answer = await self._answer(errand)
        except Exception as error:
            answer = self._refused(errand.call, error)
        finally:
            self._over(errand)
            self._bridge.to_wire(errand.call.answer, answer or Answer(errand.code))

    async def _answer(self, errand: Errand) -> Answer:
        turn, call = errand.turn, errand.call
        request = await turn.request(partial(self._bridge.run, call.read))
        if call.method is Method.CHECK:
            sender = decode_sender(request.tag)
            self._known(errand, sender).guest.checked(sender)
            return CHECKED
        tag = decode_tag(request.tag)
        caller = self._known(errand, tag.sender)
        if not turn.has_room(tag.session):
            return answer_of(Status.FULL)
        with turn.waits(tag.session, len(request.value)):
            return answer_of(await caller.guest.take(tag, request.value))

    def _known(self, errand: Errand, sender: str) -> Caller:
        """Return who has made a call; the guest holds it to the sender of its tag."""
        caller = errand.caller
        if caller is None:
            caller = self._judged(errand.call, sender)
            errand.belongs_to(caller)
        return caller

    def _over(self, errand: Errand) -> None:
        del self._errands[errand.call]
        errand.over()
        errand.turn.calls -= 1
        if not errand.turn.calls:
            del self._turns[errand.turn.who, errand.call.method]

    def _refused(self, call: Call, error: Exception) -> Answer:
        """Return what is said of that to the caller, and say it here where somebody should know."""
        if not isinstance(error, PartywireError):
            _log.error("a call on the reference wire failed", exc_info=error)
        elif not isinstance(error, Unreachable):
            problem = f"refused a call from {call.other.source}: {error}"
            self._refusals.warn(_about(error), problem)
        return Answer(code_of(error))


def _about(error: PartywireError) -> str:
    """Return the party that a refusal is about; nothing where that is not known."""
    if isinstance(error, IdentityError):
        return error.expected
    return error.party if isinstance(error, TransportError) else ""
