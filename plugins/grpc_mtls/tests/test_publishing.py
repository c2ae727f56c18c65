"""Before each change a handshake of our own begins, and it stays open until some time after it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import grpc
import pytest

from partywire.identity import Credentials
from partywire.session.lifetimes import background
from partywire_grpc.addresses import Address
from partywire_grpc.certificates.reading import read_leaves
from partywire_grpc_mtls import publishing
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.mutual import MutualTls
from partywire_grpc_mtls.own import Own
from partywire_grpc_mtls.publishing import Publisher, Served
from partywire_grpc_mtls.roots import Roots
from tests.certificates.wallet import common_wallet
from tests.loopback import free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WALLET = common_wallet("alice", "bob")
BOBS = WALLET.certificate("bob").read_bytes()


def own(certificate: bytes) -> Own:
    key = WALLET.certificate("alice").with_suffix(".key").read_bytes()
    (leaf,) = read_leaves(certificate, "alice")
    return Own(Credentials(certificate, key), leaf)


OWN = own(WALLET.certificate("alice").read_bytes())
FIRST = Served(OWN, Roots(throwaway=BOBS))
NEXT = Served(OWN, Roots(throwaway=BOBS, anchors={"bob": (BOBS,)}))
RENEWED = Served(own(BOBS), Roots(throwaway=BOBS))
ANSWER, ALERT = b"\x16", b"\x15"
GUARD, TAKER = 0, 1
PATIENCE = 20.0


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The publisher runs on gRPC's event loop."""
    return request.param


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "PAUSE", 0.0)
    monkeypatch.setattr(publishing, "REACH", 0.2)


class Server:
    """What gRPC is to a publisher: it asks at each connection, and begins a handshake.

    Attributes:
        given: what was due at each connection.
        over: set where the caller has hung up, by connection.
        knocks: how many strangers were counted.
    """

    def __init__(self, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: list[object] = []
        self.over: list[anyio.Event] = []
        self.knocks = 0
        self.refusals = 0
        self.answer = ANSWER
        self.renewals = 0
        self.ask = self._asked_by_grpc(publisher, monkeypatch)

    def _asked_by_grpc(
        self, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[], object]:
        asked: list[Callable[[], object]] = []

        def keep(_: object, fetcher: Callable[[], object], **__: object) -> None:
            asked.append(fetcher)

        with monkeypatch.context() as patched:
            patched.setattr(grpc, "dynamic_ssl_server_credentials", keep)
            publisher.credentials(self._knocked)
        return asked[0]

    def _knocked(self) -> None:
        self.knocks += 1

    def renewed(self) -> None:
        self.renewals += 1

    async def attend(self, stream: Any) -> None:
        over = anyio.Event()
        self.over.append(over)
        self.given.append(self.ask())
        if self.refusals:
            self.refusals -= 1
            await stream.aclose()
            return
        async with stream:
            try:
                assert (await stream.receive())[:1] == ANSWER
                await stream.send(self.answer)
                await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                over.set()


@asynccontextmanager
async def serving(
    monkeypatch: pytest.MonkeyPatch, *, listens: bool = True
) -> AsyncIterator[tuple[Publisher, Server]]:
    (port,) = free_ports(1)
    publisher = Publisher("alice", Address("0.0.0.0", port), FIRST)  # noqa: S104
    server = Server(publisher, monkeypatch)
    with anyio.fail_after(PATIENCE):
        async with AsyncExitStack() as held:
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
            await held.enter_async_context(listener)
            group = await held.enter_async_context(background())
            if listens:
                group.start_soon(listener.serve, server.attend)
            else:
                await listener.aclose()
            group.start_soon(publisher.run, server.renewed)
            await anyio.wait_all_tasks_blocked()
            yield publisher, server


async def test_the_old_configuration_is_held_until_some_time_after_the_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publishing, "HOLD", 0.5)
    async with serving(monkeypatch) as (publisher, server):
        publisher.offer(NEXT)
        await publisher.settled()
        assert server.given[GUARD] is None
        assert isinstance(server.given[TAKER], grpc.ServerCertificateConfiguration)
        await server.over[TAKER].wait()
        assert not server.over[GUARD].is_set()
        assert server.ask() is None, "it is given once"
        await server.over[GUARD].wait()
    assert len(server.given) == 2


async def test_a_change_is_given_to_one_of_many_handshakes_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ThreadPoolExecutor(8) as pool:
        async with serving(monkeypatch, listens=False) as (publisher, server):
            for _ in range(50):
                publisher.offer(NEXT)
                await publisher.settled()
                given = list(pool.map(lambda _: server.ask(), range(8)))
                assert sum(each is not None for each in given) == 1


async def test_only_strangers_are_knocks(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(monkeypatch) as (publisher, server):
        publisher.offer(NEXT)
        await publisher.settled()
        assert server.knocks == 0
        server.ask()
        assert server.knocks == 1


async def test_the_newest_of_many_is_published_once_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published: list[Served] = []
    configuration = Served.configuration

    def noted(self: Served) -> grpc.ServerCertificateConfiguration:
        published.append(self)
        return configuration(self)

    async with serving(monkeypatch) as (publisher, _):
        monkeypatch.setattr(Served, "configuration", noted)
        served = [attrs.evolve(NEXT) for _ in range(50)]
        for each in served:
            publisher.offer(each)
        await publisher.settled()
        assert len(published) == 1
        assert published[0] is served[-1]


async def test_no_more_are_held_side_by_side_than_the_pause_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publishing, "PAUSE", 0.05)
    monkeypatch.setattr(publishing, "HOLD", 0.2)
    async with serving(monkeypatch) as (publisher, server):
        most = 0
        for _ in range(12):
            publisher.offer(NEXT)
            await publisher.settled()
            most = max(most, sum(not over.is_set() for over in server.over))
    assert 2 <= most <= 0.2 / 0.05 + 2, "those, and the one of this moment"


async def test_who_shows_another_certificate_hears_when_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(monkeypatch) as (publisher, server):
        for served, renewals in ((NEXT, 0), (RENEWED, 1), (RENEWED, 1), (NEXT, 2)):
            publisher.offer(served)
            await publisher.settled()
            assert server.renewals == renewals


@pytest.mark.parametrize("answer", [b"", ALERT])
async def test_a_node_that_does_not_reach_itself_goes_on_and_says_so_once(
    answer: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(monkeypatch) as (publisher, server):
        server.answer = answer
        for served in (NEXT, FIRST):
            publisher.offer(served)
            await publisher.settled()
        given = [each for each in server.given if each is not None]
        assert isinstance(given[0], grpc.ServerCertificateConfiguration)
        server.ask()
        assert server.knocks == 1, "who comes then is no handshake of our own"
    (said,) = caplog.messages
    assert "alice cannot begin a handshake with itself at 127.0.0.1:" in said
    assert "Let this machine connect to that address" in said


async def test_a_port_that_is_full_for_a_moment_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publishing, "AGAIN", 0.0)
    monkeypatch.setattr(publishing, "REACH", 10.0)
    async with serving(monkeypatch) as (publisher, server):
        server.refusals = 3
        publisher.offer(NEXT)
        await publisher.settled()
        assert server.given[:4] == [None] * 4
        assert isinstance(server.given[4], grpc.ServerCertificateConfiguration)
    assert not caplog.messages


async def test_where_nobody_listens_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(monkeypatch, listens=False) as (publisher, server):
        publisher.offer(NEXT)
        await publisher.settled()
        assert isinstance(server.ask(), grpc.ServerCertificateConfiguration)
    assert not caplog.messages


async def test_two_servers_are_given_a_configuration_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """GRPC takes over what it is given, and frees it."""
    security = MutualTls("alice", FIRST, Expiries())
    asked: list[Callable[[], object]] = []
    monkeypatch.setattr(
        grpc, "dynamic_ssl_server_credentials", lambda _, fetcher, **__: asked.append(fetcher)
    )
    places = [Address("127.0.0.1", port) for port in free_ports(2)]
    with anyio.fail_after(PATIENCE):
        async with background() as group:
            for place in places:
                security.server_credentials(place, lambda: None)
                group.start_soon(security.tend, place, lambda: None)
            await anyio.wait_all_tasks_blocked()
            security.show(RENEWED.own)
            security.admit_only(RENEWED.roots)
            await asyncio.gather(*(each.settled() for each in security._publishers.values()))
            one, other = [ask() for ask in asked]
    assert isinstance(one, grpc.ServerCertificateConfiguration)
    assert isinstance(other, grpc.ServerCertificateConfiguration)
    assert one is not other


async def test_without_a_server_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher("alice", Address("127.0.0.1", 1), FIRST)
    publisher.offer(NEXT)
    with anyio.fail_after(PATIENCE):
        await publisher.settled()
        monkeypatch.setattr(publishing, "PAUSE", 60.0)
        running = asyncio.create_task(publisher.run(lambda: None))
        await asyncio.sleep(0)
        publisher.offer(RENEWED)
        waiting = asyncio.create_task(publisher.settled())
        await asyncio.sleep(0)
        running.cancel()
        await waiting


async def test_roots_of_no_use_let_nobody_in(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made: list[bytes] = []

    def picky(own: Credentials, roots: bytes) -> object:
        made.append(roots)
        if roots != BOBS:
            raise ValueError("no roots")
        return object()

    monkeypatch.setattr(publishing, "server_configuration", picky)
    assert NEXT.configuration() is not None
    assert made == [BOBS + BOBS, BOBS]
    assert "so nobody can call" in caplog.text
