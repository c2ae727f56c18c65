"""Floods at the port of the reference wire: of strangers, and of a peer with more than its share.

Mallory is a peer with a good certificate. All honest parties are on that wire, too, and go on.
"""

from __future__ import annotations

import ssl
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio
import pytest
from anyio import to_thread

from partywire.delivery.limits import MIB
from partywire_grpc.reference.callers import MOST_CALLERS
from partywire_grpc.reference.options import UNREAD
from partywire_grpc.reference.requests import encode_request
from tests.certificates.wallet import common_wallet
from tests.children import TELLS_PEAKS
from tests.hostile.port import http2
from tests.hostile.port.http2 import BROKEN, END_STREAM, call, data, frame, message, raider
from tests.hostile.port.siege import siege
from tests.reference.foreign import INACTIVE, foreign, health_tag, tag, tls_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.certificates.wallet import Wallet
    from tests.hostile.port.http2 import Raider
    from tests.hostile.port.siege import Siege
    from tests.reference.foreign import Foreign

pytestmark = pytest.mark.skipif(not TELLS_PEAKS, reason="Linux tells the peak of memory there")

SERVICE: Final = "/ddec_networking.gnetworking/"
SEND, CHECK = SERVICE + "SendValue", SERVICE + "HealthCheck"
CONNECTIONS: Final = 100
CHECKS: Final = 300
CALLS: Final = 60
BEGUN: Final = 64
LARGE: Final = 8 * MIB
MOST_EARLY: Final = 80
SMALL: Final = {"early_sessions": MOST_EARLY, "early_bytes": LARGE, "largest_message": LARGE}
OPENING: Final = http2.PREFACE + frame(http2.SETTINGS) + frame(http2.SETTINGS, http2.ACK)
CHECKED: Final = message(encode_request(bytes.fromhex(health_tag("mallory")), b""))
OK, RESOURCE_EXHAUSTED, UNAVAILABLE = 0, 8, 14


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the node under siege is a process


@pytest.fixture
async def wallet() -> Wallet:
    return await to_thread.run_sync(common_wallet, "p1", "p2", "mallory")


@pytest.fixture
async def hers(wallet: Wallet) -> ssl.SSLContext:
    """What mallory shows."""
    return await to_thread.run_sync(_context, wallet.certificate("mallory"))


async def test_strangers_starve_nobody(wallet: Wallet) -> None:
    """Who says nothing, who breaks off a handshake, and who shows nothing."""
    nobody = await to_thread.run_sync(_context)
    async with siege("asyncio", wallet, singly=True) as there:
        for opening in (b"", b"\x16\x03\x01\x02\x00", OPENING):
            async with AsyncExitStack() as stack:
                for _ in range(CONNECTIONS):
                    stranger = await stack.enter_async_context(raider(there.port))
                    await stranger.send(opening)
                await there.goes_on()
        for _ in range(CONNECTIONS):
            with pytest.raises((ssl.SSLError, *BROKEN)):
                async with raider(there.port, nobody) as stranger:
                    await stranger.opens(path=SEND)
                    await stranger.frame()
        await there.goes_on()


async def test_a_further_connection_of_a_peer_ends_the_calls_of_its_oldest(
    wallet: Wallet, hers: ssl.SSLContext
) -> None:
    async with siege("asyncio", wallet, singly=True) as there, AsyncExitStack() as stack:
        ends: list[Raider] = []
        for number in range(MOST_CALLERS + 2):
            mallory = await stack.enter_async_context(raider(there.port, hers))
            ends.append(mallory)
            await mallory.opens(path=SEND)
            await mallory.send(call("mallory", 3, CHECK) + data(CHECKED, 3, END_STREAM))
            assert await mallory.status() == OK, "so the call before it is here, too"
            if number >= MOST_CALLERS:
                assert await ends[number - MOST_CALLERS].status() == UNAVAILABLE
        await there.goes_on()
        for number, each in enumerate(ends[2:]):
            await each.send(data(_value(number), 1, END_STREAM))
            assert await each.status() == OK


async def test_a_call_beyond_a_peers_share_is_refused_at_once(
    wallet: Wallet, hers: ssl.SSLContext
) -> None:
    bounds = {"MOST_CALLS": CALLS}
    async with (
        siege("asyncio", wallet, singly=True, bounds=bounds) as there,
        raider(there.port, hers) as mallory,
    ):
        await mallory.opens(path=SEND)
        for number in range(1, CALLS + 10):
            await mallory.send(call("mallory", 2 * number + 1, SEND))
        for _ in range(10):
            assert await mallory.status() == UNAVAILABLE
        await there.goes_on()
        for number in range(CALLS):
            await mallory.send(data(_value(number), 2 * number + 1, END_STREAM))
        for _ in range(CALLS):
            assert await mallory.status() == OK


async def test_large_values_that_nobody_finishes_take_little_memory(
    wallet: Wallet, hers: ssl.SSLContext
) -> None:
    """One of them is read, and of each other one no more comes in than gRPC takes unread."""
    begun = message(b"\x0a", announced=LARGE)
    async with (
        siege("asyncio", wallet, singly=True, limits=SMALL) as there,
        AsyncExitStack() as stack,
    ):
        async with raider(there.port, hers) as mallory:
            await mallory.opens(path=SEND)
            await mallory.send(data(message(b"\x0a", announced=2 * LARGE)))
            assert await mallory.status() == RESOURCE_EXHAUSTED
        for _ in range(MOST_CALLERS):
            mallory = await stack.enter_async_context(raider(there.port, hers))
            await mallory.opens(path=SEND)
            for number in range(1, BEGUN):
                await mallory.send(call("mallory", 2 * number + 1, SEND))
            with anyio.move_on_after(0.5):
                for number in range(BEGUN):
                    await mallory.send(data(begun + bytes(UNREAD - len(begun)), 2 * number + 1))
            await there.goes_on()


async def test_health_checks_with_filling_starve_nobody(wallet: Wallet) -> None:
    check = {"method": "HealthCheck", "tag": health_tag("mallory"), "size": MIB // 4}
    async with _mallory(wallet) as (there, mallory):
        assert set(await mallory.calls(*[check] * CHECKS)) == {("OK", "")}
        await there.goes_on()


async def test_sessions_that_nobody_has_opened_are_bounded(wallet: Wallet) -> None:
    """What is too much is refused, and what was kept stays."""
    async with _mallory(wallet, limits=SMALL) as (there, mallory):
        sessions = [{"method": "SendValue", "tag": tag(each, "mallory", 0)} for each in range(100)]
        found = Counter(await mallory.calls(*sessions))
        assert found == {("OK", INACTIVE): MOST_EARLY, ("RESOURCE_EXHAUSTED", ""): 100 - MOST_EARLY}
        large = [
            {**each, "tag": tag(number, "mallory", 1), "size": MIB // 2}
            for number, each in enumerate(sessions[:40])
        ]
        found = Counter(await mallory.calls(*large))
        assert 0 < found["OK", INACTIVE] < LARGE // (MIB // 2)
        assert set(found) == {("OK", INACTIVE), ("RESOURCE_EXHAUSTED", "")}
        await there.goes_on()


@asynccontextmanager
async def _mallory(
    wallet: Wallet, limits: Mapping[str, object] | None = None
) -> AsyncIterator[tuple[Siege, Foreign]]:
    """A siege, and mallory as a client that keeps the rules of gRPC."""
    shown = await to_thread.run_sync(tls_of, wallet, "mallory", "p1")
    async with (
        siege("asyncio", wallet, singly=True, limits=limits) as there,
        foreign("client", there.port, shown) as mallory,
    ):
        yield there, mallory


def _value(session: int) -> bytes:
    """A value for a session that nobody has opened, as a message of gRPC."""
    return message(encode_request(bytes.fromhex(tag(session, "mallory", 0)), b"value"))


def _context(certificate: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    if certificate is not None:
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context
