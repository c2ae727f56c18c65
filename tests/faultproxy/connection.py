"""One connection through the proxy: two lanes, from the accept until both ends have closed."""

from __future__ import annotations

import socket
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import anyio
from anyio.abc import SocketAttribute
from anyio.lowlevel import checkpoint

from tests.faultproxy.faults import DOWN, UP, Fault, Kind
from tests.faultproxy.lane import CHUNK, Lane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from anyio.abc import SocketStream

    from tests.faultproxy.chance import Chances
    from tests.faultproxy.faults import Way

HOST: Final = "127.0.0.1"
_RESET: Final = struct.pack("ii", 1, 0)
# What using a closed stream raises; `RuntimeError` is uvloop's.
_BROKEN: Final = (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError, RuntimeError)


class Connection:
    """What somebody dialled, and what the proxy dials for it.

    Args:
        number: how many came before it.
        chances: what may happen to it; None for nothing.
        struck: told of every fault that strikes: which connection, after how many bytes of its way.
    """

    def __init__(
        self,
        number: int,
        chances: Chances | None,
        struck: Callable[[Connection, Fault, int], None],
    ) -> None:
        self.number = number
        self._struck = struck
        self._scope = anyio.CancelScope()
        self._resets = False
        self._lanes = {way: self._lane(way, chances) for way in (UP, DOWN)}

    def strike(self, fault: Fault) -> None:
        """Let a fault strike: now, or when its bytes have passed."""
        if not fault.after and fault.kind in (Kind.CUT, Kind.CLOSE):
            self._take(fault, 0)
            return
        for way, lane in self._lanes.items():
            if fault.way in (None, way):
                lane.plan(fault)

    def heal(self) -> None:
        """End what can end; see `Lane.heal`."""
        for lane in self._lanes.values():
            lane.heal()

    def drop(self) -> None:
        """Reset both ends."""
        self._resets = True
        self._scope.cancel()

    async def run(self, near: SocketStream, far: int) -> None:
        """Carry the bytes both ways until both ends have closed, or a fault ends it."""
        try:
            async with self._closing(near):
                with self._scope, suppress(*_BROKEN):
                    await self._join(near, far)
        finally:
            for lane in self._lanes.values():
                lane.close()

    async def _join(self, near: SocketStream, far: int) -> None:
        if all(lane.swallows for lane in self._lanes.values()):
            await _ignore(near)
            return
        await checkpoint()  # where it is cut already, nobody is dialled
        self._resets = True  # until somebody is there
        there = await anyio.connect_tcp(HOST, far)
        self._resets = False
        async with self._closing(there):
            await self._carry(near, there)

    async def _carry(self, near: SocketStream, there: SocketStream) -> None:
        async with anyio.create_task_group() as group:
            for way, source, sink in ((UP, near, there), (DOWN, there, near)):
                lane = self._lanes[way]
                group.start_soon(self._guarded, lane.enter, source)
                group.start_soon(self._guarded, lane.leave, sink)

    async def _guarded(
        self, work: Callable[[SocketStream], Awaitable[None]], stream: SocketStream
    ) -> None:
        """Break what is broken on one side on the other one too."""
        try:
            await work(stream)
        except _BROKEN:
            self.drop()

    def _lane(self, way: Way, chances: Chances | None) -> Lane:
        fate = iter(()) if chances is None else chances.fate(self.number, way)
        return Lane(way, fate, self._take)

    def _take(self, fault: Fault, passed: int) -> None:
        self._struck(self, fault, passed)
        if fault.kind in (Kind.CUT, Kind.CLOSE):
            self._resets = fault.kind is Kind.CUT
            self._scope.cancel()

    @asynccontextmanager
    async def _closing(self, stream: SocketStream) -> AsyncIterator[None]:
        try:
            yield
        finally:
            if self._resets:
                _reset(stream)
            with anyio.CancelScope(shield=True), suppress(*_BROKEN):
                await stream.aclose()


def _reset(stream: SocketStream) -> None:
    """See to it that closing resets, unless it is closed already; uvloop has no socket then."""
    with suppress(*_BROKEN, AttributeError):
        raw = stream.extra_attributes[SocketAttribute.raw_socket]()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


async def _ignore(near: SocketStream) -> None:
    with suppress(anyio.EndOfStream):
        while True:
            await near.receive(CHUNK)
