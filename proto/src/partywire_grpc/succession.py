"""The server's side of a renewal: a peer announces the certificate that it will show next."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio

from partywire.errors import Malformed
from partywire_grpc.frames import Succession, Successor

PAUSE: Final = 0.5
"""Seconds from one successor of a party to the next; each costs some milliseconds to judge."""

Admit = Callable[[bytes], Awaitable[bool]]
"""Judges a certificate in DER, and lets it in; tells whether it did."""


class Turns:
    """When the successors of one party are judged: one at a time, and not without a pause.

    All visits of the party share them, so that one that comes anew has to wait as well.
    """

    def __init__(self, pause: float = PAUSE) -> None:
        """Let the first one be judged at once."""
        self._pause = pause
        self._lock = anyio.Lock()
        self._free_at = 0.0

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it; the pause begins as it ends, by cancellation too."""
        async with self._lock:
            await anyio.sleep_until(self._free_at)
            try:
                yield
            finally:
                self._free_at = anyio.current_time() + self._pause


class Successions:
    """The successors that one visit announces, one at a time."""

    def __init__(self, admit: Admit, answer: Callable[[Succession], None]) -> None:
        """Prepare; `run` judges them."""
        self._admit = admit
        self._answer = answer
        self._announced: Successor | None = None
        self._news = anyio.Event()

    def announce(self, successor: Successor) -> None:
        """Take an announcement. Raises `Malformed` before the one before it is answered."""
        if self._announced is not None:
            raise Malformed("frame", "a successor before the last one was answered")
        self._announced = successor
        self._news.set()

    async def run(self) -> None:
        """Judge and answer them, until cancelled."""
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            if self._announced is not None:
                admitted = await self._admit(self._announced.certificate)
                self._announced = None
                self._answer(Succession(admitted))
