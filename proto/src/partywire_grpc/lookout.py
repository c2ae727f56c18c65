"""Who is it that knocks and cannot come in? A server is not told; so it looks at its peers."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import anyio
import attrs

from partywire.errors import PartywireError
from partywire_grpc.looking import NobodyListens

_log = logging.getLogger("partywire")

PAUSE: Final = 1.0
"""Seconds from one look around to the next, at least."""
LONGEST: Final = 16.0
"""Seconds from one look at a peer to the next, at most, where looks find nothing new."""
AT_A_TIME: Final = 8
"""Peers that are looked at side by side."""

Look = Callable[[str], Awaitable[bool]]
"""Looks at a peer, judges it and lets it in; tells whether it was not known before."""


@attrs.define
class Rest:
    """How long one peer is left alone: twice as long after each look that found nothing new."""

    pause: float
    until: float = 0.0

    def over(self, now: float) -> bool:
        """Tell whether it may be looked at."""
        return now >= self.until

    def begin(self, now: float, *, new: bool) -> None:
        """It was looked at."""
        self.until = now + self.pause
        self.pause = PAUSE if new else min(2 * self.pause, LONGEST)


class Lookout:
    """Looks at absent peers after a knock: each accepted connection counts as one.

    A peer that was started anew may have a new certificate, with which no handshake ends before it
    is known here. A look is a knock over there, so a few could keep all parties looking at each
    other for ever: where looks find nothing new, a peer is left alone longer and longer. Where
    nobody listens, nobody is knocked at, and whoever comes there later may be waiting to get in.
    """

    def __init__(
        self, absent: Callable[[], Iterable[str]], look: Look, pause: float = PAUSE
    ) -> None:
        """Prepare.

        Args:
            absent: returns who is not here now.
            look: looks at one of them.
            pause: seconds from one look around to the next, at least.
        """
        self._absent = absent
        self._pause = pause
        self._look = look
        self._knocked = anyio.Event()
        self._rests: dict[str, Rest] = {}
        self._looking: set[str] = set()

    def knock(self) -> None:
        """Somebody has knocked."""
        self._knocked.set()

    def departed(self, party: str) -> None:
        """A peer is here no longer: when it comes back it may be another life of it."""
        self._rests.pop(party, None)

    async def run(self) -> None:
        """Look around after knocks, until cancelled. No look waits for a slow one to end."""
        limiter = anyio.CapacityLimiter(AT_A_TIME)
        async with anyio.create_task_group() as group:
            while True:
                await self._knocked.wait()
                self._knocked = anyio.Event()
                for party in self._absent():
                    if party not in self._looking and self._rest(party).over(anyio.current_time()):
                        self._looking.add(party)
                        group.start_soon(self._look_at, party, limiter)
                await anyio.sleep(self._pause)

    async def _look_at(self, party: str, limiter: anyio.CapacityLimiter) -> None:
        new = away = False
        async with limiter:
            try:
                new = await self._look(party)
            except PartywireError as error:
                away = isinstance(error, NobodyListens)
                _log.debug("a look at %s: %s", party, error)
            except Exception:
                _log.exception("a look at %s failed", party)
        self._looking.discard(party)
        if away:
            self.departed(party)
        else:
            self._rest(party).begin(anyio.current_time(), new=new)

    def _rest(self, party: str) -> Rest:
        return self._rests.setdefault(party, Rest(self._pause))
