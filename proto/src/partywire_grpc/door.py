"""The door of a server: who calls is judged, and attended to where it was let in."""

import logging
import random
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

import grpc
from anyio.abc import TaskGroup

from partywire.errors import IdentityError, TransportError
from partywire.inbox import Inbox
from partywire_grpc.bridge import Bridge
from partywire_grpc.endings import Code, Ending
from partywire_grpc.refusals import Refusals
from partywire_grpc.security import Security
from partywire_grpc.service import Arrival
from partywire_grpc.succession import Turns
from partywire_grpc.visit import Visit

_log = logging.getLogger("partywire")

MOST_VISITS: Final = 4
"""Connections of one peer that have gone through the hello; a further one ends the oldest."""
MOST_CALLS: Final = 16
"""Connections in the name of one peer that have not; a further one ends any of them."""

_TOO_MANY_CALLS: Final = (
    "%d connections in the name of %s wait for the end of a hello, and a further one ends one of "
    "them; where its own log says nothing of that, somebody else has its key: let it take another "
    "certificate, and take the former one out of use here"
)


class Door:
    """Judges callers, and attends to those who were let in."""

    def __init__(
        self,
        inbox: Inbox,
        group: TaskGroup,
        bridge: Bridge,
        security: Security,
        *,
        pace: float,
        departed: Callable[[str], None],
        refusals: Refusals,
    ) -> None:
        """Let visitors be attended to in ``group``.

        ``pace`` is how often each wants to hear something, in seconds; ``departed`` is told when
        the last connection of a party has ended; ``refusals`` who is not let in.
        """
        self._inbox = inbox
        self._group = group
        self._bridge = bridge
        self._security = security
        self._pace = pace
        self._departed = departed
        self._refusals = refusals
        self._visits: dict[str, list[Visit]] = {}
        self._any = random.SystemRandom()
        self._turns: dict[str, Turns] = {}
        self._closed = False

    def arrived(self, arrival: Arrival) -> None:
        """Judge a caller before a frame of it is read."""
        code = self._admit(arrival)
        if code is not None:
            self._bridge.to_wire(arrival.stream.end, Ending(code))
        self._bridge.to_wire(arrival.decide)

    def gone(self, arrival: Arrival, ending: Ending) -> None:
        """A caller's stream is over."""
        listener = arrival.stream.listener
        if listener is not None:
            listener.ended(ending)

    def has(self, party: str) -> bool:
        """Tell whether a party is here, by a connection of its own."""
        return bool(self._visits.get(party))

    def keep(self, shown: Collection[bytes]) -> None:
        """End each connection that was shown none of these certificates, given by SHA-256.

        Whoever wants to come back may.
        """
        for visit in self._all():
            if visit.shown not in shown:
                visit.end(Code.ABORTED)

    def close(self) -> None:
        """Let nobody in any more; who is here leaves."""
        self._closed = True
        for visit in self._all():
            visit.end(Code.UNAVAILABLE)

    def _all(self) -> list[Visit]:
        return [visit for visits in self._visits.values() for visit in visits]

    def _admit(self, arrival: Arrival) -> grpc.StatusCode | None:
        """Let a caller in, or return why not."""
        if self._closed:
            return Code.UNAVAILABLE
        source = arrival.other.source
        try:
            evidence = self._security.caller(arrival.other)
            visit = Visit(
                partial(self._inbox.arrive, evidence),
                self._bridge,
                arrival.stream,
                shown=evidence.own,
                pace=self._pace,
                welcomed=self._welcomed,
                admit=partial(self._succeeded, source),
                refusals=self._refusals,
            )
        except IdentityError as error:
            self._refusals.warn(error.expected, f"refused a caller from {source}: {error}")
            return Code.UNAUTHENTICATED
        except Exception:
            _log.exception("judging a caller failed")
            return Code.INTERNAL
        self._make_room(visit)
        self._group.start_soon(self._attend, visit)
        return None

    def _make_room(self, visit: Visit) -> None:
        """End one of too many calls in a name, and no connection of whom it belongs to.

        Which one is left to chance: else whoever calls without end would push out each other.
        """
        visits = self._visits.setdefault(visit.party, [])
        calls = [each for each in visits if not each.welcome]
        if len(calls) >= MOST_CALLS:
            self._refusals.warn(visit.party, _TOO_MANY_CALLS % (MOST_CALLS, visit.party))
            self._end(self._any.choice(calls), Code.UNAVAILABLE)
        visits.append(visit)

    def _welcomed(self, visit: Visit) -> None:
        welcome = [each for each in self._visits[visit.party] if each.welcome]
        if len(welcome) > MOST_VISITS:
            self._end(welcome[0], Code.ALREADY_EXISTS)

    def _end(self, visit: Visit, code: grpc.StatusCode) -> None:
        self._visits[visit.party].remove(visit)
        visit.end(code)

    async def _succeeded(self, source: str, party: str, certificate: bytes) -> bool:
        """Judge what a visitor will show next, and let it in; tell whether that is done."""
        try:
            async with self._turns.setdefault(party, Turns()).next():
                evidence = self._security.successor(party, source, certificate)
                self._inbox.judge(evidence, party)
                await self._bridge.run(partial(self._security.admit, party, evidence))
        except (IdentityError, TransportError) as error:
            problem = f"refused the next certificate of {party} from {source}: {error}"
            self._refusals.warn(party, problem)
            return False
        except Exception:
            _log.exception("judging the next certificate of %s failed", party)
            return False
        return True

    async def _attend(self, visit: Visit) -> None:
        try:
            await visit.attend()
        finally:
            visits = self._visits[visit.party]
            if visit in visits:
                visits.remove(visit)
            if not visits:
                self._departed(visit.party)
