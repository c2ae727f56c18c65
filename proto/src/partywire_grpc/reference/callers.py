"""Who calls on the reference wire: one guest of the node for each connection that was judged."""

from collections.abc import Callable, Iterable
from typing import Final

import anyio
import attrs
import grpc

from partywire.identity import Evidence
from partywire.inbox import Dismiss, Guest
from partywire_grpc.endings import Code
from partywire_grpc.reference.service import Call
from partywire_grpc.reference.turns import Turn

MOST_CALLERS: Final = 4
"""Connections that one peer may have to here; a further one ends the calls of the oldest."""
REST: Final = 60.0
"""Seconds without a call, twice that at most, after which a caller is forgotten."""


@attrs.define(eq=False)
class Errand:
    """A call that is attended to.

    Attributes:
        call: on gRPC's side.
        turn: in which it is read.
        caller: who makes it, once that is known.
        scope: of the task that attends to it.
        code: what is said where it is cut short.
    """

    call: Call
    turn: Turn
    caller: "Caller | None" = None
    scope: anyio.CancelScope = attrs.field(factory=anyio.CancelScope)
    code: grpc.StatusCode = Code.UNAVAILABLE

    def belongs_to(self, caller: "Caller") -> None:
        """It is that caller's, until it is `over`."""
        self.caller = caller
        caller.errands.add(self)

    def over(self) -> None:
        """It has ended, however."""
        if self.caller is not None:
            self.caller.errands.discard(self)

    def cut(self, code: grpc.StatusCode) -> None:
        """End it, unless it has ended."""
        self.code = code
        self.scope.cancel()


class Caller:
    """One connection of a peer: what it has shown, and the guest that its calls go to."""

    def __init__(self, seen: Evidence, arrive: Callable[[Evidence, Dismiss], Guest]) -> None:
        """Let it in; raises what ``arrive`` raises."""
        self.seen: Evidence = seen
        self.errands: set[Errand] = set()
        self.rests: bool = False
        self.over: bool = False
        self.guest: Guest = arrive(seen, lambda _: self.leave(Code.UNAUTHENTICATED))
        self.party: str = self.guest.identity.party

    def leave(self, code: grpc.StatusCode) -> None:
        """End its calls with that code; its guest leaves."""
        if not self.over:
            self.over = True
            for errand in list(self.errands):
                errand.cut(code)
            self.guest.leave()


class Callers:
    """Those who have called lately, by what they have shown."""

    def __init__(
        self, arrive: Callable[[Evidence, Dismiss], Guest], departed: Callable[[str], None]
    ) -> None:
        """Prepare.

        Args:
            arrive: judges a caller, and gives the core's side.
            departed: is told when nobody of a party is here any more.
        """
        self._arrive = arrive
        self._departed = departed
        self._here: dict[Evidence, Caller] = {}

    def caller(self, seen: Evidence) -> Caller:
        """Return who has shown that, judged if it is not here already. Raises `IdentityError`."""
        caller = self._here.get(seen)
        if caller is None or caller.over:
            caller = self._here[seen] = Caller(seen, self._arrive)
            others = [each for each in self._of(caller.party) if each is not caller]
            if len(others) >= MOST_CALLERS:
                self._forget(others[0])
        caller.rests = False
        return caller

    def has(self, party: str) -> bool:
        """Tell whether a party is here."""
        return any(not caller.over for caller in self._of(party))

    def clear(self) -> None:
        """End every call; whoever wants to come back may."""
        for caller in list(self._here.values()):
            self._forget(caller)

    async def run(self) -> None:
        """Forget who has not called for a while, until cancelled."""
        while True:
            await anyio.sleep(REST)
            for caller in list(self._here.values()):
                if caller.over or (caller.rests and not caller.errands):
                    self._forget(caller)
                caller.rests = True

    def _forget(self, caller: Caller) -> None:
        del self._here[caller.seen]
        caller.leave(Code.UNAVAILABLE)
        if not self.has(caller.party):
            self._departed(caller.party)

    def _of(self, party: str) -> Iterable[Caller]:
        return (caller for caller in self._here.values() if caller.party == party)
