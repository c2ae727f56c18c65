"""How many connections a party may have to a node."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import anyio
import grpc.aio
import pytest

from partywire import open_node
from tests.loopback import config_of, free_ports

MOST = 4
PATIENCE = 30.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the callers are of grpc.aio


async def test_a_further_connection_of_a_party_ends_its_oldest() -> None:
    port, nobody = free_ports(2)
    config = config_of("p1", port, {"p2": nobody})
    with anyio.fail_after(PATIENCE):
        async with open_node(config), AsyncExitStack() as stack:
            calls = []
            for _ in range(MOST + 1):
                channel = grpc.aio.insecure_channel(
                    f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)]
                )
                await stack.enter_async_context(channel)
                call: Any = channel.stream_stream("/partywire.fast.FastWire/Connect")(
                    metadata=(("partywire-party", "p2"),)
                )
                stack.callback(call.cancel)
                await call.initial_metadata()
                calls.append(call)
            assert await calls[0].code() is grpc.StatusCode.UNAVAILABLE
            assert not any(call.done() for call in calls[1:])
