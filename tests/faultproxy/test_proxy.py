"""The proxy does to a connection what it is told, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.session.lifetimes import background
from tests.faultproxy import DOWN, MOST_CONNECTIONS, MOST_HELD, UP, Fault, Kind, Proxy, Way
from tests.loopback import free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import SocketStream

HOST = "127.0.0.1"
BROKEN = (anyio.BrokenResourceError, anyio.EndOfStream)
Pair = tuple["SocketStream", "SocketStream"]


class Line:
    """A proxy, and connections through it whose two ends a test holds."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self._streams = AsyncExitStack()
        self._send, self._come = anyio.create_memory_object_stream["SocketStream"](100)

    async def dial(self, proxy: Proxy | None = None) -> SocketStream:
        near = await anyio.connect_tcp(HOST, (proxy or self.proxy).near)
        return await self._streams.enter_async_context(near)

    async def pair(self, proxy: Proxy | None = None) -> Pair:
        near = await self.dial(proxy)
        return near, await self._come.receive()

    async def take(self, stream: SocketStream) -> None:
        async with stream:
            await self._send.send(stream)
            await anyio.sleep_forever()

    async def __aenter__(self) -> Line:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._streams.aclose()
        self._send.close()
        self._come.close()


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    with anyio.fail_after(20):
        listener = await anyio.create_tcp_listener(local_host=HOST)
        far = listener.extra_attributes[anyio.abc.SocketAttribute.local_port]()
        proxy = Proxy(far)
        async with Line(proxy) as there, proxy.running(), listener, background() as group:
            group.start_soon(listener.serve, there.take)
            yield there


async def read(stream: SocketStream, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += await stream.receive(count - len(data))
    return data


async def silent(stream: SocketStream) -> bool:
    """Whether nothing comes for as long as a byte would take many times."""
    with anyio.move_on_after(0.05):
        await stream.receive()
        return False
    return True


async def test_bytes_and_ends_pass_both_ways() -> None:
    async with line() as there:
        near, far = await there.pair()
        await near.send(b"up")
        assert await read(far, 2) == b"up"
        await far.send(b"down")
        await far.send_eof()
        assert await read(near, 4) == b"down"
        with pytest.raises(anyio.EndOfStream):
            await near.receive()
        await near.send(b"still up")
        assert await read(far, 8) == b"still up"
        await near.aclose()
        await there.proxy.until(lambda: there.proxy.connections == 0)


async def test_a_cut_resets_both_ends_and_the_next_connection_stands() -> None:
    async with line() as there:
        near, far = await there.pair()
        there.proxy.strike(Fault(Kind.CUT))
        for end in (near, far):
            with pytest.raises(anyio.BrokenResourceError):
                await end.receive()
        near, far = await there.pair()
        await near.send(b"again")
        assert await read(far, 5) == b"again"


async def test_a_cut_strikes_after_its_bytes_and_not_before() -> None:
    async with line() as there:
        near, far = await there.pair()
        there.proxy.strike(Fault(Kind.CUT, way=UP, after=3))
        await far.send(b"12345678")
        assert await read(near, 8) == b"12345678"
        await near.send(b"a")
        assert await read(far, 1) == b"a"
        await near.send(b"bcdef")
        assert await read(far, 2) == b"bc"
        with pytest.raises(anyio.BrokenResourceError):
            await far.receive()


async def test_a_close_truncates_without_a_reset() -> None:
    async with line() as there:
        near, far = await there.pair()
        there.proxy.strike(Fault(Kind.CLOSE, way=UP, after=3))
        await near.send(b"abcdef")
        assert await read(far, 3) == b"abc"
        with pytest.raises(anyio.EndOfStream):
            await far.receive()


@pytest.mark.parametrize("way", [UP, DOWN])
async def test_a_stall_holds_one_way_back_until_it_is_healed(way: Way) -> None:
    async with line() as there:
        near, far = await there.pair()
        here, other = (near, far) if way is UP else (far, near)
        there.proxy.prevail(Fault(Kind.STALL, way=way))
        await here.send(b"held")
        assert await silent(other)
        await other.send(b"free")
        assert await read(here, 4) == b"free"
        there.proxy.heal()
        assert await read(other, 4) == b"held"


async def test_a_stall_that_prevails_meets_new_connections() -> None:
    async with line() as there:
        there.proxy.prevail(Fault(Kind.STALL))
        near, far = await there.pair()
        await near.send(b"held")
        assert await silent(far)
        there.proxy.heal()
        assert await read(far, 4) == b"held"


async def test_a_stall_ends_by_itself_after_its_time() -> None:
    async with line() as there:
        near, far = await there.pair()
        there.proxy.strike(Fault(Kind.STALL, 0.01))
        await near.send(b"held")
        assert await read(far, 4) == b"held"


async def test_what_is_swallowed_is_lost_and_no_end_passes() -> None:
    async with line() as there:
        near, far = await there.pair()
        there.proxy.prevail(Fault(Kind.SWALLOW, way=UP))
        await near.send(b"lost")
        there.proxy.heal()
        await near.send(b"lost too")
        await near.send_eof()
        assert await silent(far)
        await far.send(b"comes")
        assert await read(near, 5) == b"comes"
        near, far = await there.pair()
        await near.send(b"healed")
        assert await read(far, 6) == b"healed"


async def test_a_half_open_link_accepts_and_reaches_nobody() -> None:
    async with line() as there:
        there.proxy.prevail(Fault(Kind.SWALLOW))
        near = await there.dial()
        await near.send(b"anybody there?")
        assert await silent(near)
        there.proxy.heal()
        again, far = await there.pair()
        await again.send(b"first")
        assert await read(far, 5) == b"first"


async def test_a_prevailing_cut_refuses_until_it_is_healed() -> None:
    async with line() as there:
        there.proxy.prevail(Fault(Kind.CUT))
        near = await there.dial()
        with pytest.raises(anyio.BrokenResourceError):
            await near.receive()
        there.proxy.heal()
        near, far = await there.pair()
        await far.send(b"back")
        assert await read(near, 4) == b"back"


async def test_nobody_at_the_far_port_is_a_reset() -> None:
    (far,) = free_ports(1)
    proxy = Proxy(far)
    with anyio.fail_after(20):
        async with proxy.running():
            async with await anyio.connect_tcp(HOST, proxy.near) as near:
                with pytest.raises(anyio.BrokenResourceError):
                    await near.receive()


async def test_a_flip_changes_one_bit() -> None:
    async with line() as there:
        near, far = await there.pair()
        there.proxy.strike(Fault(Kind.FLIP, way=UP, after=2))
        await near.send(bytes(8))
        came = await read(far, 8)
        assert came[:2] == bytes(2)
        assert int.from_bytes(came, "little").bit_count() == 1


async def test_delays_and_rates_lose_nothing() -> None:
    async with line() as there:
        near, far = await there.pair()
        there.proxy.prevail(Fault(Kind.DELAY, 0.01))
        there.proxy.prevail(Fault(Kind.RATE, 1e6))
        data = bytes(range(256)) * 200
        async with anyio.create_task_group() as group:
            group.start_soon(near.send, data)
            assert await read(far, len(data)) == data


async def test_what_a_stall_holds_is_bounded() -> None:
    async with line() as there:
        near, far = await there.pair()
        there.proxy.prevail(Fault(Kind.STALL, way=UP))
        sent, piece = 0, bytes(1 << 16)
        while sent <= MOST_HELD:
            await near.send(piece)
            sent += len(piece)
        with anyio.move_on_after(0.5):
            while True:
                await near.send(piece)
                sent += len(piece)
        lane = next(iter(there.proxy._connections.values()))._lanes[UP]
        assert lane.held <= MOST_HELD
        there.proxy.heal()
        await read(far, sent)


async def test_connections_are_bounded() -> None:
    async with line() as there:
        pairs = [await there.pair() for _ in range(MOST_CONNECTIONS)]
        near = await there.dial()
        with pytest.raises(BROKEN):
            await near.receive()
        await pairs[0][0].send(b"stands")
        assert await read(pairs[0][1], 6) == b"stands"
        assert there.proxy.connections == MOST_CONNECTIONS


async def test_the_end_of_the_proxy_resets_what_stands() -> None:
    with anyio.fail_after(20):
        async with line() as there:
            ending = Proxy(there.proxy.far)
            async with ending.running():
                near = await anyio.connect_tcp(HOST, ending.near)
                await ending.until(lambda: ending.connections == 1)
            async with near:
                with pytest.raises(BROKEN):
                    await near.receive()
            with pytest.raises(OSError, match="connect"):
                await anyio.connect_tcp(HOST, ending.near)
