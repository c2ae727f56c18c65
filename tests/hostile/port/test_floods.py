"""Floods at the port: connections, streams, frames that cost nothing to send, slow ends."""

from __future__ import annotations

from contextlib import AsyncExitStack
from itertools import repeat
from typing import TYPE_CHECKING

import anyio

from partywire.delivery.limits import MIB
from partywire_grpc.frames import BEAT
from tests.hostile.port import http2
from tests.hostile.port.http2 import data, frame, message, raider
from tests.hostile.port.manners import greeted
from tests.hostile.port.siege import CEILING, WINDOW, siege

if TYPE_CHECKING:
    from tests.hostile.port.siege import Siege

CONNECTIONS = 200
STREAMS = 1_000
FRAMES = 50_000
FEW = 5
"""Bytes of a slow writer: fewer would not be through before the handshake has to be."""


async def connections(there: Siege, begin: bytes) -> None:
    """Hold many connections that have begun, and see that the others are served meanwhile."""
    async with AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            mallory = await stack.enter_async_context(raider(there.port))
            assert await mallory.send(begin)
            kind, _ = await mallory.frame()
            assert kind == http2.SETTINGS
        await there.goes_on()


async def test_many_connections_starve_nobody(anyio_backend_name: str) -> None:
    async with siege(anyio_backend_name) as there:
        await connections(there, b"")
        await connections(there, http2.PREFACE + frame(http2.SETTINGS))
        opening = http2.PREFACE + frame(http2.SETTINGS)
        await connections(there, opening + http2.call("nobody"))
        await connections(there, opening + http2.call("mallory"))


async def test_many_streams_of_one_connection_starve_nobody(anyio_backend_name: str) -> None:
    async with siege(anyio_backend_name) as there:
        for reset in (b"", bytes(4)):
            async with raider(there.port) as mallory:
                await mallory.opens()
                sent = await mallory.flood(
                    http2.call("mallory", number)
                    + (frame(http2.RESET, 0, number, reset) if reset else b"")
                    for number in range(3, 3 + 2 * STREAMS, 2)
                )
                assert sent > 0
                await there.goes_on()


async def test_frames_that_cost_nothing_starve_nobody(anyio_backend_name: str) -> None:
    floods = {
        "pings": frame(http2.PING, 0, 0, bytes(8)),
        "settings": frame(http2.SETTINGS),
        "empty data": data(b""),
        "beats": data(message(BEAT)),
        "batches": b"",
    }
    async with siege(anyio_backend_name) as there:
        for name in floods:
            async with raider(there.port) as mallory:
                batch = await greeted(mallory)
                piece = (floods[name] or data(message(batch))) * 100
                assert await mallory.send(piece), name
                with anyio.move_on_after(1.0):
                    await mallory.flood(repeat(piece, FRAMES // 100))
                await there.goes_on()


async def test_what_a_slow_reader_does_not_read_is_bounded(anyio_backend_name: str) -> None:
    """She reads no answer, and sends beyond her window: from then on she waits."""
    async with siege(anyio_backend_name) as there, raider(there.port) as mallory:
        piece = data(message(await greeted(mallory))) * 2_000
        sent = await mallory.flood(repeat(piece, WINDOW // len(piece) + 1))
        assert sent > WINDOW
        with anyio.move_on_after(2.0):
            await mallory.flood(repeat(piece, 2 * CEILING // len(piece)))
        await there.goes_on()


async def test_a_slow_writer_keeps_nobody_waiting(anyio_backend_name: str) -> None:
    async with siege(anyio_backend_name) as there, raider(there.port) as mallory:
        opening = http2.PREFACE + frame(http2.SETTINGS) + http2.call("mallory")
        for place in range(0, len(opening), FEW):
            assert await mallory.send(opening[place : place + FEW])
            await there.goes_on(1)
        assert await mallory.send(data(message(b"", announced=4 * MIB)))
        await there.goes_on()
