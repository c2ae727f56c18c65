"""Who is withdrawn is out: between accept and handshake, before a call, in a call, in a stream."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread
from anyio.streams.tls import TLSStream

from partywire.session.lifetimes import background
from partywire_grpc.servers import Knocks
from partywire_grpc_mtls.publishing import Publisher
from tests.certificates.building import make
from tests.certificates.contexts import client_context
from tests.hostile.port.http2 import BROKEN, HEADERS, HOST, Raider, data, message, raider
from tests.hostile.port.manners import greeted
from tests.hostile.tls.village import HANDSHAKE, LIMITS, Village, village
from tests.loopback import config_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from anyio.abc import ByteStream

    from tests.certificates.town import Town
    from tests.hostile.tls.village import Papers

PATIENCE: Final = 20.0
UNAUTHENTICATED: Final = 16


@pytest.fixture
async def shaken(known: Papers, every_refusal: None) -> AsyncIterator[Village]:
    """A village of one test, which changes the roster of alice."""
    async with village(known) as there:
        yield there


@pytest.fixture
def bob(place: Town) -> ssl.SSLContext:
    return client_context(place.own["bob"])


@pytest.fixture
def carol(place: Town) -> ssl.SSLContext:
    return client_context(place.own["carol"])


async def withdraw(there: Village, known: Papers, *parties: str) -> None:
    """Alice reads a config in which these are no peers of hers."""
    ports = {party: port for party, port in there.ports.items() if party not in parties}
    alices = config_of("alice", ports["alice"], ports, known, limits=LIMITS)
    await there.nodes["alice"].reload(alices)


class Halting:
    """A stream of bytes that halts between the first ones that come and whoever reads them."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.came, self.go = anyio.Event(), anyio.Event()

    async def receive(self, most: int = 65536) -> bytes:
        piece = await self._stream.receive(most)
        self.came.set()
        await self.go.wait()
        return piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


async def test_between_accept_and_handshake(
    shaken: Village, known: Papers, bob: ssl.SSLContext
) -> None:
    """The server has chosen the roots for that connection; so bob is refused at his call."""
    ended: list[int | None] = []

    async def come(stream: Halting) -> None:
        secure = await TLSStream.wrap(
            stream,  # type: ignore[arg-type]  # all that is not its own is the stream's
            server_side=False,
            ssl_context=bob,
            standard_compatible=False,
        )
        caller = Raider(secure)
        await caller.opens("bob")
        ended.append(await caller.status())

    with anyio.fail_after(PATIENCE):
        async with await anyio.connect_tcp(HOST, shaken.ports["alice"]) as stream:
            halting = Halting(stream)
            async with anyio.create_task_group() as group:
                group.start_soon(come, halting)
                await halting.came.wait()
                await withdraw(shaken, known, "bob")
                halting.go.set()
        await shaken.goes_on()
    assert ended == [UNAUTHENTICATED]


async def test_between_handshake_and_call(
    shaken: Village, known: Papers, bob: ssl.SSLContext
) -> None:
    with anyio.fail_after(PATIENCE):
        async with raider(shaken.ports["alice"], bob) as caller:
            await withdraw(shaken, known, "bob")
            await caller.opens("bob")
            assert await caller.status() == UNAUTHENTICATED
        await shaken.goes_on()


async def test_in_a_call_that_says_nothing_yet(
    shaken: Village, known: Papers, bob: ssl.SSLContext
) -> None:
    with anyio.fail_after(PATIENCE):
        async with raider(shaken.ports["alice"], bob) as caller:
            await caller.opens("bob")
            while (await caller.frame())[0] != HEADERS:
                pass
            await withdraw(shaken, known, "bob")
            assert await caller.status() == UNAUTHENTICATED
        await shaken.goes_on()


async def test_in_a_stream_whose_batches_come_and_come(
    shaken: Village, known: Papers, bob: ssl.SSLContext
) -> None:
    alice = shaken.nodes["alice"]

    async def press(caller: Raider, batch: bytes) -> None:
        while await caller.send(data(message(batch))):
            await anyio.lowlevel.checkpoint()

    with anyio.fail_after(PATIENCE):
        async with raider(shaken.ports["alice"], bob) as caller, background() as pressing:
            batch = await greeted(caller, "bob")
            pressing.start_soon(press, caller, batch)
            await caller.message()
            await withdraw(shaken, known, "bob")
            assert "bob" not in alice._engine._table.peers
            assert await caller.status() == UNAUTHENTICATED
        await shaken.goes_on()


async def test_no_handshake_ends_soon_after(
    shaken: Village, known: Papers, bob: ssl.SSLContext
) -> None:
    """And who is taken up again ends one, with no word but the config."""
    with anyio.fail_after(PATIENCE):
        await withdraw(shaken, known, "bob")
        while (ended := await shaken.called(bob, "bob")) != HANDSHAKE:
            assert ended == UNAUTHENTICATED
        await withdraw(shaken, known)
        await comes_in(shaken, bob, "bob")
        await shaken.goes_on()


async def comes_in(there: Village, context: ssl.SSLContext, party: str) -> None:
    """Call alice until it goes through the hello; on its way in, it may come too early."""
    came_in = False
    while not came_in:
        with suppress(*BROKEN):
            async with raider(there.ports["alice"], context) as caller:
                await greeted(caller, party)
                came_in = True


class Broken(deque[Any]):
    """What a lookup takes from, and cannot."""

    def pop(self, *_: Any) -> Any:
        raise MemoryError("for a test")


@pytest.fixture
def alices(monkeypatch: pytest.MonkeyPatch) -> list[Publisher]:
    """What alice's server goes by, once it is there."""
    made: list[Publisher] = []
    init = Publisher.__init__

    def noted(self: Publisher, party: str, *given: Any) -> None:
        init(self, party, *given)
        if party == "alice":
            made.append(self)

    monkeypatch.setattr(Publisher, "__init__", noted)
    return made


async def test_a_lookup_that_raises_lets_nobody_in_who_is_not_known(
    alices: list[Publisher],
    shaken: Village,
    known: Papers,
    place: Town,
    bob: ssl.SSLContext,
    carol: ssl.SSLContext,
) -> None:
    """What gRPC does then: it goes on by what it was given last, and so the calls decide."""
    (publisher,) = alices
    mallory = await to_thread.run_sync(client_context, make("mallory", now=place.now))
    publisher._due = Broken(maxlen=1)
    with anyio.fail_after(PATIENCE):
        await withdraw(shaken, known, "bob")
        for _ in range(5):
            assert await shaken.called(mallory, "mallory") == HANDSHAKE
            assert await shaken.called(bob, "bob") == UNAUTHENTICATED
            await comes_in(shaken, carol, "carol")
        publisher._due = deque(maxlen=1)
        await withdraw(shaken, known, "bob")
        while await shaken.called(bob, "bob") != HANDSHAKE:
            pass
        await shaken.goes_on()


async def test_a_knock_that_raises_keeps_no_change_back(
    shaken: Village,
    known: Papers,
    place: Town,
    bob: ssl.SSLContext,
    carol: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: Knocks) -> None:
        raise MemoryError("for a test")

    mallory = await to_thread.run_sync(client_context, make("mallory", now=place.now))
    monkeypatch.setattr(Knocks, "knock", broken)
    with anyio.fail_after(PATIENCE):
        await withdraw(shaken, known, "bob")
        while (ended := await shaken.called(bob, "bob")) != HANDSHAKE:
            assert ended == UNAUTHENTICATED
        assert await shaken.called(mallory, "mallory") == HANDSHAKE
        await comes_in(shaken, carol, "carol")
        await shaken.goes_on()
