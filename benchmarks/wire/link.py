"""What every contender gives: a link on which two ends send and receive messages in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol, TypeVar

import attrs

HOST = "127.0.0.1"
PARTIES = ("answers", "measures")
"""Whose certificates are in the wallet."""
PATIENCE = 30.0
"""Seconds in which the two ends have to find each other."""

T = TypeVar("T")


@attrs.frozen
class End:
    """One of the two ends, each of which may listen at a port.

    Attributes:
        measures: whether this end measures, or answers.
        wallet: a folder with certificates and keys of both.
    """

    measures: bool
    mine: int
    theirs: int
    wallet: Path


class Link(Protocol):
    """An open connection. What is sent comes as one message at the other end."""

    async def send(self, data: bytes) -> None:
        """Send a message, as fast as the contender is meant to be used."""

    async def receive(self) -> bytes:
        """Return the next message."""


@attrs.frozen
class Contender:
    """A way to carry messages.

    Attributes:
        loop: the event loop: asyncio or uvloop.
        opens: what opens its link: a module of this package, and its function. It is imported by
            this contender's processes alone.
        share: what part of a workload's messages it is given, so that slow ones end in time.
    """

    name: str
    loop: str
    opens: str
    share: float = 1.0

    def opened(self, end: End) -> AbstractAsyncContextManager[Link]:
        """Open one end."""
        found: AbstractAsyncContextManager[Link] = resolve_name(f"{__package__}.{self.opens}")(end)
        return found


async def persistent(connect: Callable[[], Awaitable[T]]) -> T:
    """Connect to an end that may not listen yet."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return await connect()
        except ConnectionRefusedError:
            if time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.02)
