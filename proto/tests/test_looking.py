"""A look at what listens at an address, over real sockets, tells in words what is there."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager, suppress
from threading import Event
from time import time
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.errors import Rejected, Unreachable
from partywire.session.lifetimes import background
from partywire_grpc import looking, names
from partywire_grpc.addresses import Address
from partywire_grpc.handshake import MOST
from partywire_grpc.looking import look
from partywire_grpc.names import Names
from tests.certificates.building import make
from tests.certificates.contexts import Answering, server_context
from tests.descriptors import none_left
from tests.hostile.port.http2 import BROKEN
from tests.loopback import free_ports
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from anyio.abc import ByteStream

HOST = "127.0.0.1"
PATIENCE = 20.0
SLOW = 50
"""Names that take long: more than the event loop has threads for."""
BOB = make("bob", now=time())


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Looks are taken on gRPC's loop, which is one of these."""
    return BACKENDS[request.param]


@asynccontextmanager
async def serving(handle: Callable[[ByteStream], Awaitable[None]]) -> AsyncIterator[Address]:
    async def handled(stream: ByteStream) -> None:
        async with stream:
            with suppress(*BROKEN):
                await handle(stream)

    (port,) = free_ports(1)
    listener = await anyio.create_tcp_listener(local_host=HOST, local_port=port)
    with anyio.fail_after(PATIENCE):
        async with listener, background() as group:
            group.start_soon(listener.serve, handled)
            yield Address(HOST, port)


async def silent(stream: ByteStream) -> None:
    """Take what comes, and say nothing."""
    while True:
        await stream.receive()


async def closing(stream: ByteStream) -> None:
    await stream.receive()


def speaking(said: bytes) -> Callable[[ByteStream], Awaitable[None]]:
    async def speak(stream: ByteStream) -> None:
        await stream.send(said)
        await silent(stream)

    return speak


def shaking(context: ssl.SSLContext) -> Callable[[ByteStream], Awaitable[None]]:
    """Take part in a handshake, as far as the other end does."""

    async def shake(stream: ByteStream) -> None:
        server = Answering(context)
        while True:
            await stream.send(server.answer(await stream.receive()))

    return shake


async def test_the_certificate_is_seen() -> None:
    async with serving(shaking(server_context(BOB))) as address:
        assert await look("bob", address) == BOB.der


async def test_nobody_listens() -> None:
    (port,) = free_ports(1)
    with pytest.raises(Unreachable, match=f"bob: {HOST}:{port} does not answer: Connection ref"):
        await look("bob", Address(HOST, port))


async def test_nobody_is_called_so() -> None:
    with pytest.raises(Unreachable, match=r"bob: no address is known for nobody\.invalid"):
        await look("bob", Address("nobody.invalid", 7001))


async def test_without_descriptors_nobody_else_is_blamed() -> None:
    async with serving(silent) as address:
        with none_left(), pytest.raises(Unreachable, match=r"no file descriptors left.*ulimit -n"):
            await look("bob", address)


async def test_peers_whose_names_take_long_hold_up_no_look_at_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = Event()

    def resolve(host: str) -> list[str]:
        if host != "bob.example":
            found.wait()
        return [HOST]

    async def look_at(host: str) -> None:
        with suppress(Unreachable):
            await look("mallory", Address(host, 1))

    monkeypatch.setattr(names, "NAMES", Names(resolve))
    async with serving(shaking(server_context(BOB))) as address:
        async with anyio.create_task_group() as group:
            for number in range(SLOW):
                group.start_soon(look_at, f"slow{number}")
            await anyio.wait_all_tasks_blocked()
            assert await look("bob", Address("bob.example", address.port)) == BOB.der
            found.set()


async def test_who_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PATIENCE", 0.1)
    async with serving(silent) as address:
        with pytest.raises(Unreachable, match="showed no certificate within"):
            await look("bob", address)


async def test_who_hangs_up_is_told_of() -> None:
    async with serving(closing) as address:
        with pytest.raises(Unreachable, match="closed the connection during the TLS handshake"):
            await look("bob", address)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"\0\0\0\x04\0\0\0\0\0", "speaks gRPC without TLS; is its transport grpc-insecure"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks no TLS; another program is there"),
        (b"\x16\x03\x03\0\x04\x02\0\xff\xff" * MOST, "answers a handshake with more than"),
    ],
)
async def test_who_speaks_something_else_is_told_of(said: bytes, words: str) -> None:
    async with serving(speaking(said)) as address:
        with pytest.raises(Rejected, match=f"bob: {HOST}:{address.port} {words}"):
            await look("bob", address)


async def test_who_speaks_tls_1_2_is_told_of() -> None:
    context = server_context(BOB)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serving(shaking(context)) as address:
        with pytest.raises(Rejected, match=r"speaks no TLS 1\.3"):
            await look("bob", address)
