"""How many connections a party may have to a node."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import grpc.aio
import pytest

from partywire import open_node
from partywire.delivery.hello import NONCE, Hello, Welcome
from partywire_grpc.door import MOST_CALLS, MOST_VISITS
from partywire_grpc.frames import Greeting, decode_frame, encode_greeting
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

PATIENCE = 30.0
HELLO = Hello("node", b"l" * NONCE, 0.0, b"", 0.0, nonce=b"n" * NONCE)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the callers are of grpc.aio


@asynccontextmanager
async def calling() -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """A node of p1, and what calls it once more as p2."""
    port, nobody = free_ports(2)
    config = config_of("p1", port, {"p2": nobody})
    async with open_node(config), AsyncExitStack() as stack:

        async def called() -> Any:
            channel = grpc.aio.insecure_channel(
                f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)]
            )
            await stack.enter_async_context(channel)
            call: Any = channel.stream_stream("/partywire.fast.FastWire/Connect")(
                metadata=(("partywire-party", "p2"),)
            )
            stack.callback(call.cancel)
            await call.initial_metadata()
            return call

        yield called


async def greeted(call: Any) -> Any:
    """Go through the hello."""
    await call.write(encode_greeting(Greeting(HELLO, 0.0)))
    second = decode_frame(await call.read())
    assert isinstance(second, Greeting)
    third = attrs.evolve(HELLO, nonce=b"", echo=second.hello.nonce)
    await call.write(encode_greeting(Greeting(third, 0.0)))
    assert isinstance(decode_frame(await call.read()), Welcome)
    return call


async def test_a_further_connection_of_a_party_ends_its_oldest() -> None:
    with anyio.fail_after(PATIENCE):
        async with calling() as called:
            calls = [await greeted(await called()) for _ in range(MOST_VISITS + 1)]
            assert await calls[0].code() is grpc.StatusCode.ALREADY_EXISTS
            assert not any(call.done() for call in calls[1:])


async def test_calls_without_end_in_the_name_of_a_party_end_each_other_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And no connection that has gone through the hello; the log says so now and then."""
    with anyio.fail_after(PATIENCE):
        async with calling() as called:
            first = await greeted(await called())
            calls = [await called() for _ in range(MOST_CALLS)]
            assert not any(call.done() for call in calls)
            calls += [await called() for _ in range(MOST_CALLS)]
            ended: list[Any] = []
            async with anyio.create_task_group() as group:

                async def see(call: Any) -> None:
                    assert await call.code() is grpc.StatusCode.UNAVAILABLE
                    ended.append(call)
                    if len(ended) == MOST_CALLS:
                        group.cancel_scope.cancel()

                for call in calls:
                    group.start_soon(see, call)
            assert not first.done()
            last = await greeted(await called())
            assert not first.done()
            assert not last.done()
    said = [line for line in caplog.messages if "in the name of p2 wait for the end" in line]
    assert 0 < len(said) < MOST_CALLS
