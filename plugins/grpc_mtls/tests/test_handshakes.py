"""Handshakes side by side do the process no harm, and none is by a session of an earlier one."""

from __future__ import annotations

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import grpc
import grpc.aio

from partywire.identity import Credentials
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.groups import client_hello
from partywire_grpc_mtls.mutual import MutualTls
from partywire_grpc_mtls.roots import Roots
from tests.certificates.wallet import common_wallet
from tests.loopback import config_of, free_ports, port_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.loopback import Config

WALLET = common_wallet("alice", "bob")
CERTIFICATE = WALLET.certificate("alice").read_bytes()
KEY = WALLET.certificate("alice").with_suffix(".key").read_bytes()
BOBS = WALLET.certificate("bob").read_bytes()
CHILD = """
import sys, json, anyio, partywire
async def main():
    async with partywire.open_node(json.loads(sys.argv[1])):
        print("open", flush=True)
        await anyio.to_thread.run_sync(sys.stdin.read)
anyio.run(main)
"""
STRANGERS = 24
TIMES = 125


def bobs() -> Config:
    near, far = free_ports(2)
    return config_of("bob", near, {"alice": far}, WALLET)


def break_off(port: int) -> None:
    """Begin handshakes, and hang up in the middle."""
    for _ in range(TIMES):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 10) as caller:
            caller.sendall(client_hello())
            caller.recv(4096)


async def test_strangers_who_come_side_by_side_do_not_crash_the_process() -> None:
    """A node in a process of its own, which is ended in good order at last."""
    config = bobs()
    command = [sys.executable, "-c", CHILD, json.dumps(config)]
    with anyio.fail_after(55):
        async with await anyio.open_process(command, stderr=None) as node:
            assert node.stdout is not None
            assert (await node.stdout.receive()).startswith(b"open")
            with ThreadPoolExecutor(STRANGERS) as pool:
                strangers = [pool.submit(break_off, port_of(config)) for _ in range(STRANGERS)]
                for stranger in strangers:
                    await anyio.to_thread.run_sync(stranger.result)
            assert node.stdin is not None
            await node.stdin.aclose()
            await node.wait()
            assert node.returncode == 0


def given_to_grpc(security: MutualTls, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """What gRPC asks at each handshake."""
    asked: list[Callable[[], object]] = []

    def keep(_: object, fetcher: Callable[[], object], **__: object) -> None:
        asked.append(fetcher)

    with monkeypatch.context() as patched:
        patched.setattr(grpc, "dynamic_ssl_server_credentials", keep)
        security.server_credentials(lambda: None)
    return asked[0]


def test_a_configuration_is_given_once_for_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    security, own, roots = alices()
    ask = given_to_grpc(security, monkeypatch)
    assert [ask(), ask()] == [None, None]
    security.renew(own, roots)
    assert isinstance(ask(), grpc.ServerCertificateConfiguration)
    assert ask() is None


def test_no_change_is_given_to_two_handshakes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    security, own, roots = alices()
    ask = given_to_grpc(security, monkeypatch)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            security.renew(own, roots)
            answers = list(pool.map(lambda _: ask(), range(8)))
            assert sum(answer is not None for answer in answers) == 1


def alices() -> tuple[MutualTls, Credentials, Roots]:
    own = Credentials(CERTIFICATE, KEY)
    roots = Roots(throwaway=BOBS)
    return MutualTls(own, roots, Expiries()), own, roots
