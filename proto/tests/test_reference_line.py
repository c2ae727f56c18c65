"""Answers of a server of the reference wire that no honest one gives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest

from partywire_grpc.addresses import Address
from partywire_grpc.endings import Code, Ending
from partywire_grpc.reference.line import Line
from partywire_grpc.reference.service import Method
from partywire_grpc.security import Approach
from tests.loopback import free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE = 20.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def nothing(_requests: Any, _context: Any) -> AsyncIterator[bytes]:
    """Answer with OK, and no message."""
    none: tuple[bytes, ...] = ()
    for message in none:
        yield message


async def test_ok_without_a_message_is_no_answer() -> None:
    (port,) = free_ports(1)
    server = grpc.aio.server()
    service, method = Method.SEND.path.strip("/").split("/")
    handlers: Any = {method: grpc.stream_stream_rpc_method_handler(nothing)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    stood = asyncio.Event()
    line = Line(Approach(), stood.set, lambda: None)
    running = asyncio.create_task(line.run(Address("127.0.0.1", port)))
    try:
        async with asyncio.timeout(PATIENCE):
            await stood.wait()
            answer = await line.call(Method.SEND, b"")
        assert isinstance(answer, Ending)
        assert answer.code is Code.UNKNOWN
    finally:
        running.cancel()
        await server.stop(None)
