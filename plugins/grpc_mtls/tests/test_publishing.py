"""Before each change a handshake of our own begins, and it stays open until some time after it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import anyio
import attrs
import grpc
import pytest

from partywire.session.lifetimes import background
from partywire_grpc.addresses import Address
from partywire_grpc_mtls import publishing
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.mutual import MutualTls
from partywire_grpc_mtls.publishing import Publisher, Served
from tests.loopback import free_ports

from .servers import ALERT, BOBS, FIRST, NEXT, PATIENCE, RENEWED, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywire.identity import Credentials
GUARD, TAKER = 0, 1


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The publisher runs on gRPC's event loop."""
    return request.param


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "PAUSE", 0.0)
    monkeypatch.setattr(publishing, "REACH", 0.2)


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
