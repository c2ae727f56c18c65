"""We call somebody else's server: what it gets, byte for byte, and what its answers come to."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import grpc
import grpc.aio
import pytest
from anyio import to_thread

from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import IdentityMismatch, Rejected, TransportError, Unreachable
from tests.reference.foreign import (
    ACTIVE,
    COMPLETED,
    INACTIVE,
    foreign,
    health_tag,
    tag,
    tls_of,
)
from tests.reference.ground import OTHER, OURS, PATIENCE, THEIRS, place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from partywire.interfaces import UnaryChannel
    from tests.reference.foreign import Foreign
    from tests.reference.ground import Ground, Place

    Shown = Callable[[], dict[str, str] | None]

MIB = 1 << 20
SESSION = 0x0123456789ABCDEF_0011223344556677

SAID = {
    ACTIVE: Status.ACTIVE,
    INACTIVE: Status.INACTIVE,
    COMPLETED: Status.COMPLETED,
    "RESOURCE_EXHAUSTED": Status.FULL,
    "NOT_FOUND": Status.NOT_MEMBER,
}
FINAL = (
    "UNAUTHENTICATED",
    "ABORTED",
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "UNIMPLEMENTED",
    "PERMISSION_DENIED",
    "OUT_OF_RANGE",
    "ALREADY_EXISTS",
    "DATA_LOSS",
)
PASSING = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "INTERNAL", "UNKNOWN")


def ours(number: int, session: int = SESSION) -> Tag:
    return Tag(session, OURS, number)


@asynccontextmanager
async def met(
    somewhere: Place, shown: dict[str, str] | None
) -> AsyncIterator[tuple[Ground, UnaryChannel, Foreign]]:
    """Our end, a channel to theirs, and them."""
    async with (
        foreign("server", somewhere.ports.theirs, shown) as theirs,
        somewhere.opened() as ground,
        ground.transport.call(THEIRS, ground.judge(THEIRS)) as channel,
    ):
        yield ground, channel, theirs


async def test_each_answer_has_its_meaning(somewhere: Place, shown: Shown) -> None:
    with anyio.fail_after(PATIENCE):
        async with met(somewhere, shown()) as (_, channel, theirs):
            assert channel.identity.party == THEIRS
            await theirs.answer(*SAID, *FINAL, *PASSING, "0803", "ff")
            for status in SAID.values():
                assert await channel.send(ours(0), b"v") is status
            for _ in FINAL:
                with pytest.raises(Rejected, match=THEIRS):
                    await channel.send(ours(0), b"v")
            for _ in PASSING:
                with pytest.raises(Unreachable, match=THEIRS):
                    await channel.send(ours(0), b"v")
            with pytest.raises(Rejected, match="status 3, which nobody knows"):
                await channel.send(ours(0), b"v")
            with pytest.raises(Rejected, match="its answer is malformed"):
                await channel.send(ours(0), b"v")
            assert await channel.send(ours(0), b"v") is Status.ACTIVE


@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
@pytest.mark.parametrize("size", [0, MIB, 100 * MIB], ids=["empty", "1 MiB", "100 MiB"])
async def test_a_value_arrives_whole(somewhere: Place, shown: Shown, size: int) -> None:
    value = b"\x07" * size
    digest = await to_thread.run_sync(lambda: hashlib.sha256(value).hexdigest())
    with anyio.fail_after(PATIENCE):
        async with met(somewhere, shown()) as (_, channel, theirs):
            assert await channel.send(ours(7), value) is Status.ACTIVE
            assert await theirs.heard() == {
                "method": "SendValue",
                "tag": tag(SESSION, OURS, 7),
                "size": size,
                "digest": digest,
            }
            await channel.check(b"\x07" * min(size, MIB))
            heard = await theirs.heard()
            assert (heard["method"], heard["tag"]) == ("HealthCheck", health_tag(OURS))
            assert heard["size"] == min(size, MIB)


async def test_calls_of_many_sessions_go_side_by_side(somewhere: Place, shown: Shown) -> None:
    sessions = range(60)
    with anyio.fail_after(PATIENCE):
        async with met(somewhere, shown()) as (_, channel, theirs):
            await theirs.answer(*["never"] * len(sessions))
            async with anyio.create_task_group() as group:
                for each in sessions:
                    group.start_soon(channel.send, ours(0, each), b"v")
                tags = {(await theirs.heard())["tag"] for _ in sessions}
                assert tags == {tag(each, OURS, 0) for each in sessions}
                group.cancel_scope.cancel()
            assert await channel.send(ours(1), b"v") is Status.ACTIVE


async def test_a_peer_that_dies_is_missed(somewhere: Place, shown: Shown) -> None:
    with anyio.fail_after(PATIENCE):
        async with met(somewhere, shown()) as (_, channel, theirs):
            await theirs.answer("never")
            problems: list[TransportError] = []

            async def send() -> None:
                with pytest.raises(Unreachable) as caught:
                    await channel.send(ours(0), b"v")
                problems.append(caught.value)

            async with anyio.create_task_group() as group:
                group.start_soon(send)
                assert (await theirs.heard())["method"] == "SendValue"
                await theirs.process.kill()
                problems.append(await channel.broken())
            assert all(isinstance(problem, Unreachable) for problem in problems)
            with pytest.raises(Unreachable):
                await channel.check()


async def test_nobody_there_is_unreachable(somewhere: Place) -> None:
    with anyio.fail_after(PATIENCE):
        async with somewhere.opened() as ground:
            with pytest.raises(Unreachable, match=THEIRS):
                async with ground.transport.call(THEIRS, ground.judge(THEIRS)) as channel:
                    await channel.check()


async def test_a_channel_that_was_left_makes_no_calls(somewhere: Place, shown: Shown) -> None:
    with anyio.fail_after(PATIENCE):
        async with met(somewhere, shown()) as (ground, _, _theirs):
            async with ground.transport.call(THEIRS, ground.judge(THEIRS)) as channel:
                await channel.check()
            with pytest.raises(Unreachable, match="was closed"):
                await channel.check()
            assert isinstance(await channel.broken(), Unreachable)


async def test_a_server_that_proves_somebody_else_is_not_called() -> None:
    somewhere = await to_thread.run_sync(partial(place, tls=True))
    shown = await to_thread.run_sync(tls_of, somewhere.wallet, OTHER, OURS)
    with anyio.fail_after(PATIENCE):
        async with (
            foreign("server", somewhere.ports.theirs, shown),
            somewhere.opened() as ground,
        ):
            with pytest.raises(IdentityMismatch, match=THEIRS):
                async with ground.transport.call(THEIRS, ground.judge(THEIRS)):
                    pytest.fail("called")


async def test_a_server_without_tls_is_told_as_one() -> None:
    somewhere = await to_thread.run_sync(partial(place, tls=True))
    with anyio.fail_after(PATIENCE):
        async with foreign("server", somewhere.ports.theirs, None), somewhere.opened() as ground:
            with pytest.raises(Rejected, match="gRPC without TLS"):
                async with ground.transport.call(THEIRS, ground.judge(THEIRS)):
                    pytest.fail("called")


@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
async def test_a_server_that_closes_still_answers_what_it_has() -> None:
    somewhere = place(tls=False)
    called, closing = anyio.Event(), anyio.Event()

    async def answer(_request: bytes, _context: Any) -> bytes:
        called.set()
        await closing.wait()
        return bytes.fromhex(INACTIVE)

    method: Any = grpc.unary_unary_rpc_method_handler(answer)
    service = grpc.method_handlers_generic_handler(
        "ddec_networking.gnetworking", {"SendValue": method}
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((service,))
    server.add_insecure_port(f"127.0.0.1:{somewhere.ports.theirs}")
    await server.start()
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ground,
            ground.transport.call(THEIRS, ground.judge(THEIRS)) as channel,
            anyio.create_task_group() as group,
        ):

            async def close() -> None:
                """Take no calls any more, and let the one that is here end."""
                await called.wait()
                group.start_soon(server.stop, PATIENCE)
                while True:
                    try:
                        await channel.check()
                    except Unreachable:
                        break
                    except Rejected:  # it still takes calls, and has no such method
                        await anyio.lowlevel.checkpoint()
                closing.set()

            group.start_soon(close)
            assert await channel.send(ours(0), b"v") is Status.INACTIVE
            assert isinstance(await channel.broken(), Unreachable)
