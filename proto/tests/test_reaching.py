"""Whether somebody is at an address, and who has to do what where nobody is."""

from __future__ import annotations

import errno
import socket
from contextlib import asynccontextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from partywire.delivery.limits import Limits
from partywire.probing import Finding, Status, Subject
from partywire.setting import Setting
from partywire_grpc import names, reaching
from partywire_grpc.addresses import Address
from partywire_grpc.listening import obstacle_at
from partywire_grpc.names import Names
from partywire_grpc.reaching import listens, reach, speaks_plainly
from tests.loopback import free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import SocketStream


def refuse(*_: object) -> Any:
    raise AssertionError("nobody is judged here")


def subject(peer: str = "bob") -> Subject:
    return Subject(Setting("alice", None, {}, Limits()), peer, refuse, lambda: 0.0)


@asynccontextmanager
async def serving(handler: Callable[[SocketStream], Any]) -> AsyncIterator[Address]:
    (port,) = free_ports(1)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    with anyio.fail_after(30):
        async with listener, anyio.create_task_group() as group:
            group.start_soon(listener.serve, handler)
            yield Address("127.0.0.1", port)
            group.cancel_scope.cancel()


async def hear(stream: SocketStream) -> None:
    async with stream:
        await anyio.sleep_forever()


def resolves(monkeypatch: pytest.MonkeyPatch, resolve: Callable[[str], list[str]]) -> None:
    monkeypatch.setattr(names, "NAMES", Names(resolve))


def gives(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Let every name have these addresses."""
    resolves(monkeypatch, lambda _: list(hosts))


def fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def connect(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(anyio, "connect_tcp", connect)


async def test_one_who_is_there_is_found_by_any_address_of_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[Finding] = []
    async with serving(hear) as address:
        gives(monkeypatch, "127.0.0.9", "127.0.0.1")
        assert await reach(subject(), Address("bob", address.port), found.append)
    assert [(each.check, each.status) for each in found] == [
        ("name", Status.OK),
        ("port", Status.OK),
    ]
    assert found[0].said == "127.0.0.9, 127.0.0.1"
    assert found[1].said.startswith("127.0.0.1 answers")


async def test_no_more_addresses_are_tried_than_there_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[Finding] = []
    gives(monkeypatch, *(f"127.0.0.{number}" for number in range(1, 99)))
    fails(monkeypatch, ConnectionRefusedError(errno.ECONNREFUSED, "no"))
    assert not await reach(subject(), Address("bob", 7000), found.append)
    assert found[1].said.count("Connection refused") == names.MOST


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "no"), "start its node"),
        (TimeoutError(), "open port 7000 to us"),
        (OSError(errno.EHOSTUNREACH, "no"), "open port 7000 to us"),
        (OSError("something else"), "start its node"),
    ],
)
async def test_a_port_that_does_not_answer_is_for_the_peer_to_mend(
    error: Exception, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Finding] = []
    gives(monkeypatch, "127.0.0.1")
    fails(monkeypatch, error)
    assert not await reach(subject(), Address("bob", 7000), found.append)
    assert (found[1].status, found[1].who) == (Status.WRONG, "bob")
    assert found[1].remedy.startswith(remedy)


async def test_a_name_without_an_address_is_for_us_to_mend() -> None:
    found: list[Finding] = []
    assert not await reach(subject(), Address("bob.invalid", 7000), found.append)
    assert [(each.check, each.status, each.who) for each in found] == [
        ("name", Status.WRONG, "alice")
    ]


async def test_a_look_up_without_an_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Event()

    def resolve(_: str) -> list[str]:
        ends.wait()
        return []

    resolves(monkeypatch, resolve)
    monkeypatch.setattr(reaching, "PATIENCE", 0.01)
    found: list[Finding] = []
    with anyio.fail_after(30):
        assert not await reach(subject(), Address("bob", 7000), found.append)
    ends.set()
    assert "mend the name service" in found[0].remedy


async def test_an_own_node_that_listens_everywhere_is_found_on_this_machine() -> None:
    assert Address("0.0.0.0", 1).on_this_machine == Address("127.0.0.1", 1)  # noqa: S104
    assert Address("::", 1).on_this_machine == Address("::1", 1)
    found: list[Finding] = []
    async with serving(hear) as address:
        assert await listens(subject("alice"), Address("0.0.0.0", address.port), found.append)  # noqa: S104
    assert found == []
    assert not await listens(subject("alice"), address, found.append)
    assert (found[0].status, found[0].who) == (Status.WARNING, "alice")


@pytest.mark.parametrize(
    ("answer", "plain"),
    [(b"\0\0\0\4\0\0\0\0\0", True), (b"\x15\3\3\0\2\2\x28xx", False), (b"", False)],
)
async def test_plain_text_is_told_by_the_first_frame(answer: bytes, plain: bool) -> None:
    async def speak(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            if answer:
                await stream.send(answer)

    async with serving(speak) as address:
        assert await speaks_plainly(address) is plain


async def test_one_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "PATIENCE", 0.05)
    async with serving(hear) as address:
        assert not await speaks_plainly(address)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("192.0.2.7", 7000, "no such address; take 0.0.0.0:7000"),
        ("nobody.invalid", 7000, "no address is known for nobody.invalid; take 0.0.0.0:7000"),
        ("2001:db8::7", 7000, "take [::]:7000"),
    ],
)
def test_why_a_node_cannot_listen(host: str, port: int, words: str) -> None:
    assert words in str(obstacle_at(Address(host, port)))


async def test_a_port_that_is_taken_is_told_so() -> None:
    async with serving(hear) as address:
        obstacle = obstacle_at(address)
    assert obstacle is not None
    assert obstacle.said.startswith("another program listens there")
    assert obstacle_at(address) is None


def test_what_is_not_allowed_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(socket.socket, "bind", refused)
    assert "not allowed" in str(obstacle_at(Address("127.0.0.1", 80)))
