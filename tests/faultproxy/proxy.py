"""The proxy: it listens, carries connections, and lets faults strike them."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import anyio
from anyio.abc import SocketAttribute

from partywire.session.lifetimes import background
from tests.faultproxy.connection import HOST, Connection
from tests.faultproxy.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import SocketStream

    from tests.faultproxy.chance import Chances

MOST_CONNECTIONS: Final = 64
"""Connections at a time; a further one is reset."""
MOST_SAID: Final = 1_000
"""Lines that a proxy says of its faults, at most."""


class Proxy:
    """Stands before a port of loopback.

    Args:
        far: the port that it dials.
        near: the port where it listens; 0 for one that is free, which `near` is once it runs.
        chances: faults by chance; None for none.
        say: takes each line that the proxy says: the seed, and each fault.

    Attributes:
        accepted: how many connections came.
        struck: how many faults of each kind have struck.
    """

    def __init__(
        self,
        far: int,
        *,
        near: int = 0,
        chances: Chances | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.near = near
        self.far = far
        self.accepted = 0
        self.struck: Counter[Kind] = Counter()
        self._chances = chances
        self._say = say or _print
        self._connections: dict[int, Connection] = {}
        self._prevailing: list[Fault] = []
        self._news = anyio.Event()

    @property
    def connections(self) -> int:
        """How many connections stand."""
        return len(self._connections)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen and carry; at the end every connection that stands is reset."""
        listener = await anyio.create_tcp_listener(local_host=HOST, local_port=self.near)
        async with listener, background() as group:
            self.near = listener.extra_attributes[SocketAttribute.local_port]()
            if self._chances is not None:
                self._say(f"proxy {self.near}: {self._chances}")
            group.start_soon(listener.serve, self._carry)
            yield
            for connection in self._connections.values():
                connection.drop()

    def strike(self, fault: Fault) -> None:
        """Let a fault strike every connection that stands."""
        for connection in list(self._connections.values()):
            connection.strike(fault)

    def prevail(self, fault: Fault) -> None:
        """Let a fault strike every connection that stands or comes, until the proxy is healed."""
        self._prevailing.append(fault)
        self.strike(fault)

    def heal(self) -> None:
        """End what prevails, and every stall, delay and rate. What was swallowed stays dead."""
        self._prevailing.clear()
        for connection in self._connections.values():
            connection.heal()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds; looked at when a connection comes, ends or is struck."""
        while not condition():
            await self._news.wait()

    async def _carry(self, near: SocketStream) -> None:
        number = self.accepted
        self.accepted += 1
        connection = Connection(number, self._chances, self._note)
        crowded = len(self._connections) >= MOST_CONNECTIONS
        self._connections[number] = connection
        for fault in [Fault(Kind.CUT)] if crowded else self._prevailing:
            connection.strike(fault)
        self._ring()
        try:
            await connection.run(near, self.far)
        finally:
            del self._connections[number]
            self._ring()

    def _note(self, connection: Connection, fault: Fault, passed: int) -> None:
        self.struck[fault.kind] += 1
        if self.struck.total() <= MOST_SAID:
            where = f"connection {connection.number}"
            if fault.way is not None:
                where += f", {passed} bytes {fault.way.value}"
            self._say(f"proxy {self.near}: {where}: {fault}")
        self._ring()

    def _ring(self) -> None:
        self._news.set()
        self._news = anyio.Event()


def _print(line: str) -> None:
    with suppress(ValueError):  # a test whose output is captured no more
        sys.stdout.write(line + "\n")
