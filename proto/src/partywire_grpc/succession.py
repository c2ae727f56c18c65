"""The server's side of a renewal: a peer announces the certificate that it will show next."""

from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from partywire.errors import Malformed
from partywire_grpc.frames import Succession, Successor

PAUSE: Final = 0.5
"""Seconds from one successor of a visit to the next; each costs some milliseconds to judge."""

Admit = Callable[[bytes], Awaitable[bool]]
"""Judges a certificate in DER, and lets it in; tells whether it did."""


class Successions:
    """The successors that one visit announces: one at a time, and not without a pause."""

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
                await anyio.sleep(PAUSE)
