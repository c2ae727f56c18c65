"""A name whose look-up takes long has one thread, and nobody else waits for it."""

from __future__ import annotations

import socket
from threading import Event, Thread
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire_grpc import names
from partywire_grpc.addresses import Address
from partywire_grpc.names import MOST, Names, addresses_of, connection_to, resolve
from tests.loopback import free_ports
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0
SLOW = 50
"""Names that take long: more than the event loop has threads for."""


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Names are looked up on gRPC's loop, which is one of these."""
    return BACKENDS[request.param]


class Book:
    """Finds every name at this machine, and slow ones when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = Event()
        self.names = Names(self.find)

    def find(self, host: str) -> list[str]:
        self.asked.append(host)
        if host.startswith("slow"):
            self.open.wait()
        if host.startswith("none"):
            raise socket.gaierror(socket.EAI_NONAME, "none")
        return [f"127.0.0.{number}" for number in range(1, 10)]


@pytest.fixture
def book() -> Iterator[Book]:
    book = Book()
    yield book
    book.open.set()


async def test_slow_names_keep_nobody_else_waiting(book: Book) -> None:
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            for number in range(SLOW):
                group.start_soon(book.names.addresses_of, f"slow{number}")
            await anyio.wait_all_tasks_blocked()
            assert len(await book.names.addresses_of("quick")) == MOST
            book.open.set()
    assert sorted(book.asked) == sorted(["quick", *(f"slow{number}" for number in range(SLOW))])


async def test_a_name_has_one_thread_however_often_it_is_asked_for(book: Book) -> None:
    with anyio.fail_after(PATIENCE):
        for _ in range(SLOW):
            with anyio.CancelScope() as given_up:
                async with anyio.create_task_group() as group:
                    group.start_soon(book.names.addresses_of, "slow")
                    await anyio.wait_all_tasks_blocked()
                    given_up.cancel()
        async with anyio.create_task_group() as group:
            group.start_soon(book.names.addresses_of, "slow")
            await anyio.wait_all_tasks_blocked()
            book.open.set()
    assert book.asked == ["slow"]
    assert await book.names.addresses_of("slow")
    assert book.asked == ["slow", "slow"]


async def test_who_waits_for_the_same_name_learns_that_there_is_none(book: Book) -> None:
    with anyio.fail_after(PATIENCE):
        for _ in range(2):
            with pytest.raises(socket.gaierror):
                await book.names.addresses_of("none")


async def test_without_a_thread_a_look_up_fails_and_the_next_one_may_not(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(names, "Thread", type("Thread", (Thread,), {"start": start}))
        with pytest.raises(OSError, match="can't start new thread"):
            await book.names.addresses_of("quick")
    with anyio.fail_after(PATIENCE):
        assert await book.names.addresses_of("quick")


def test_the_system_is_asked() -> None:
    assert {"127.0.0.1", "::1"} & set(resolve("localhost"))
    for odd in ("nobody.invalid", "n" * 64):
        with pytest.raises(socket.gaierror):
            resolve(odd)


async def test_an_ip_address_is_not_looked_up(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "NAMES", book.names)
    for host in ("127.0.0.1", "::1"):
        assert await addresses_of(Address(host, 1)) == [host]
    assert not book.asked


async def test_the_first_address_that_answers_is_taken(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "NAMES", book.names)
    (port,) = free_ports(1)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.3", local_port=port)
    with anyio.fail_after(PATIENCE):
        async with listener:
            _, writer = await connection_to(Address("quick", port), 1024)
            assert writer.get_extra_info("peername")[0] == "127.0.0.3"
            writer.transport.abort()
        with pytest.raises(ConnectionRefusedError):
            await connection_to(Address("quick", port), 1024)
