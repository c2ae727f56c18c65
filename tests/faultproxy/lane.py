"""One way of a connection: bytes in, faults, bytes out."""

from __future__ import annotations

import heapq
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Final

import anyio

from tests.faultproxy.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anyio.abc import SocketStream

    from tests.faultproxy.faults import Way

CHUNK: Final = 16 << 10
"""Bytes that are read at a time, at most."""
CHUNKS: Final = 62
MOST_HELD: Final = (CHUNKS + 2) * CHUNK
"""Bytes of one way of a connection that the proxy holds, at most."""
_SLICES: Final = 20
"""Pieces in which a second's bytes leave where a rate is set."""


class Lane:
    """The bytes of a connection in one direction.

    Args:
        way: which direction.
        fate: the faults that chance has for it, each so many bytes after the one before.
        struck: told of every fault that strikes, and how many bytes have passed before it.
    """

    def __init__(
        self, way: Way, fate: Iterator[Fault], struck: Callable[[Fault, int], None]
    ) -> None:
        self.way = way
        self.passed = self.held = 0
        self.swallows = False
        self._entered, self._leaving = anyio.create_memory_object_stream[tuple[float, bytes]](
            CHUNKS
        )
        self._fate = fate
        self._struck = struck
        self._order = count()
        self._plan: list[tuple[int, int, Fault, bool]] = []
        self._clear = anyio.Event()
        self._clear.set()
        self._pause = self._delay = self._rate = 0.0
        self._flips = 0
        self._draw()

    def plan(self, fault: Fault, *, by_chance: bool = False) -> None:
        """Let a fault strike once its bytes have passed from here; at once where there are none."""
        if not fault.after and not by_chance:
            self._strike(fault)
            return
        entry = (self.passed + fault.after, next(self._order), fault, by_chance)
        heapq.heappush(self._plan, entry)

    def heal(self) -> None:
        """End stalls, delays and rates. What was swallowed is lost, and what follows it too."""
        self._pause = self._delay = self._rate = 0.0
        self._clear.set()

    def close(self) -> None:
        """Forget what is held."""
        self._entered.close()
        self._leaving.close()

    async def enter(self, source: SocketStream) -> None:
        """Take bytes until they end, and no more than may be held."""
        with self._entered, suppress(anyio.EndOfStream):
            while True:
                data = await source.receive(CHUNK)
                self.held += len(data)
                await self._entered.send((anyio.current_time(), data))

    async def leave(self, sink: SocketStream) -> None:
        """Let bytes out until they end, faults first, and tell the other end of the end."""
        async for came, data in self._leaving:
            await anyio.sleep_until(came + self._delay)
            await self._let_out(sink, data)
            self.held -= len(data)
        await self._clear.wait()
        if not self.swallows:
            await sink.send_eof()

    async def _let_out(self, sink: SocketStream, data: bytes) -> None:
        while data:
            self._strike_what_is_due()
            await self._clear.wait()
            pause, self._pause = self._pause, 0.0
            await anyio.sleep(pause)
            size = self._size_of_next(data)
            await self._send(sink, data[:size])
            self.passed += size
            data = data[size:]

    async def _send(self, sink: SocketStream, data: bytes) -> None:
        if self._flips:
            self._flips -= 1
            data = bytes([data[0] ^ 1 << self.passed % 8]) + data[1:]
        if not self.swallows:
            await sink.send(data)
        if self._rate:
            await anyio.sleep(len(data) / self._rate)

    def _size_of_next(self, data: bytes) -> int:
        """Return how much of the data leaves at once: to the next fault, at most."""
        size = min(len(data), self._plan[0][0] - self.passed) if self._plan else len(data)
        return min(size, max(1, int(self._rate / _SLICES))) if self._rate else size

    def _strike_what_is_due(self) -> None:
        while self._plan and self._plan[0][0] <= self.passed:
            _, _, fault, by_chance = heapq.heappop(self._plan)
            self._strike(fault)
            if by_chance:
                self._draw()

    def _strike(self, fault: Fault) -> None:
        self._struck(fault, self.passed)
        if fault.kind is Kind.STALL and fault.amount:
            self._pause += fault.amount
        elif fault.kind is Kind.STALL:
            self._clear = anyio.Event()
        elif fault.kind is Kind.SWALLOW:
            self.swallows = True
        elif fault.kind is Kind.DELAY:
            self._delay = fault.amount
        elif fault.kind is Kind.RATE:
            self._rate = fault.amount
        elif fault.kind is Kind.FLIP:
            self._flips += 1

    def _draw(self) -> None:
        fault = next(self._fate, None)
        if fault is not None:
            self.plan(fault, by_chance=True)
