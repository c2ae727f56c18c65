"""`grpc.aio` with nothing around it: a call for each message, and one stream for all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import grpc.aio

from benchmarks.wire.link import HOST, PATIENCE, End

SERVICE = "benchmark.Bare"
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
CALLS = 64
"""Unary calls on their way at once."""


@attrs.define
class Calls:
    """A call for each message; each end serves, and calls the other."""

    call: Callable[..., Awaitable[bytes]]
    came: asyncio.Queue[bytes]
    places: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(CALLS))
    tasks: set[asyncio.Task[None]] = attrs.field(factory=set)

    async def send(self, data: bytes) -> None:
        await self.places.acquire()
        task = asyncio.create_task(self._deliver(data))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _deliver(self, data: bytes) -> None:
        await self.call(data, wait_for_ready=True, timeout=PATIENCE)
        self.places.release()

    async def receive(self) -> bytes:
        return await self.came.get()


@asynccontextmanager
async def unary(end: End) -> AsyncIterator[Calls]:
    """Serve, and call the other end."""
    came: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(data: bytes, _: Any) -> bytes:
        await came.put(data)
        return b""

    async with (
        _served(end, "Take", grpc.unary_unary_rpc_method_handler(take)),
        _channel(end) as channel,
    ):
        link = Calls(channel.unary_unary(f"/{SERVICE}/Take"), came)
        yield link
        await asyncio.gather(*link.tasks)


@attrs.frozen
class Stream:
    """One stream in both directions."""

    read: Callable[[], Awaitable[Any]]
    write: Callable[[bytes], Awaitable[Any]]

    async def send(self, data: bytes) -> None:
        await self.write(data)

    async def receive(self) -> bytes:
        data: bytes = await self.read()
        return data


@asynccontextmanager
async def stream(end: End) -> AsyncIterator[Stream]:
    """Call the end that answers, which serves."""
    if end.measures:
        async with _channel(end) as channel:
            call: Any = channel.stream_stream(f"/{SERVICE}/Carry")(wait_for_ready=True)
            yield Stream(call.read, call.write)
            await call.done_writing()
        return
    opened: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()
    ended = asyncio.Event()

    async def carry(_: Any, context: Any) -> None:
        opened.set_result(Stream(context.read, context.write))
        await ended.wait()

    async with _served(end, "Carry", grpc.stream_stream_rpc_method_handler(carry)):
        yield await opened
        ended.set()


@asynccontextmanager
async def _served(end: End, method: str, handler: Any) -> AsyncIterator[None]:
    server = grpc.aio.server(options=OPTIONS)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, {method: handler}),)
    )
    server.add_insecure_port(f"{HOST}:{end.mine}")
    await server.start()
    yield
    await server.stop(grace=1)


def _channel(end: End) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(f"{HOST}:{end.theirs}", options=OPTIONS)
