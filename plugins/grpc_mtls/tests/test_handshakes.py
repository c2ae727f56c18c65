"""Handshakes side by side do the process no harm, and none is by a session of an earlier one."""

from __future__ import annotations

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import pytest
from anyio.streams.text import TextReceiveStream

from partywire_grpc_mtls.groups import client_hello
from tests.certificates.wallet import common_wallet
from tests.loopback import config_of, free_ports, port_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import Process

    from tests.loopback import Config

WALLET = common_wallet("alice", "bob")
CHILD = """
import sys, json, anyio, partywire
async def main():
    async with partywire.open_node(json.loads(sys.argv[1])):
        print("open", flush=True)
        await anyio.to_thread.run_sync(sys.stdin.read)
anyio.run(main)
"""
CHANGING = """
import sys, json, time, anyio, partywire
from partywire_grpc_mtls import mutual, publishing
publishing.PAUSE = 0.002
made = []
class Known(publishing.Publisher):
    def __init__(self, *given):
        super().__init__(*given)
        made.append(self)
mutual.Publisher = Known
async def main():
    async with partywire.open_node(json.loads(sys.argv[1])):
        (publisher,) = made
        print("open", flush=True)
        changes, until = 0, time.monotonic() + 8
        while time.monotonic() < until:
            publisher.offer(publisher._newest)
            await publisher.settled()
            changes += 1
        print(changes, flush=True)
anyio.run(main)
"""
STRANGER = """
import sys, socket
from contextlib import suppress
from threading import Thread
from partywire_grpc_mtls.groups import client_hello
HERE = ("127.0.0.1", int(sys.argv[1]))
def break_off():
    while True:
        with suppress(OSError), socket.create_connection(HERE, 10) as one:
            one.sendall(client_hello())
            one.recv(4096)
for _ in range(int(sys.argv[2])):
    Thread(target=break_off).start()
"""
STRANGERS = 24
TIMES = 125
CROWDS, CROWD = 2, 40
CHANGES = 20


@pytest.fixture(params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The nodes are in processes of their own."""
    return request.param


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


async def test_strangers_do_not_crash_a_process_that_takes_over_other_certificates() -> None:
    """And as often as it can: what is long between two changes else is short here."""
    config = bobs()
    command = [sys.executable, "-c", CHANGING, json.dumps(config)]
    strangers = [sys.executable, "-c", STRANGER, str(port_of(config)), str(CROWD)]
    with anyio.fail_after(55):
        async with AsyncExitStack() as started:
            node = await started.enter_async_context(await anyio.open_process(command, stderr=None))
            lines = said(node)
            assert await anext(lines) == "open"
            for _ in range(CROWDS):
                crowd = await anyio.open_process(strangers, stderr=None)
                started.push_async_callback(crowd.aclose)
                started.callback(crowd.kill)
            changes = [int(line) async for line in lines]
            await node.wait()
    assert node.returncode == 0
    assert changes[-1] >= CHANGES


async def said(process: Process) -> AsyncIterator[str]:
    """Its lines."""
    assert process.stdout is not None
    rest = ""
    async for piece in TextReceiveStream(process.stdout):
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            yield line
