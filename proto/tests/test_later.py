"""What a later version adds to a sign of life keeps a stream open, at both ends."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from partywire.delivery.records import Receipt
from partywire.identity import Evidence
from partywire.judge import UnsafeClaims
from partywire.testing import samples
from partywire.testing.door import Door
from partywire_grpc._protocol import fast_pb2
from partywire_grpc.bridge import Bridge
from partywire_grpc.channel import FastChannel
from partywire_grpc.endings import Code, Ending
from partywire_grpc.frames import (
    BEAT,
    Greeting,
    decode_frame,
    encode_batch_frame,
    encode_greeting,
    encode_receipt_frame,
)
from partywire_grpc.refusals import Refusals
from partywire_grpc.stream import AHEAD, Stream
from partywire_grpc.visit import Visit

from .wires import PATIENCE, Wire, post

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

UNKNOWN: Final = fast_pb2.Beat.FromString(fast_pb2.Frame(batch=bytes(1 << 20)).SerializeToString())
LATER: Final = fast_pb2.Frame(beat=UNKNOWN).SerializeToString()
MANY: Final = 2 * AHEAD // len(LATER) + 2
"""More of them than are read ahead, so that each has to be counted as handled."""


@asynccontextmanager
async def running(stream: Stream, wire: Wire) -> AsyncIterator[None]:
    """Let a stream run, which nothing may end before the block does."""
    task = asyncio.ensure_future(stream.run(wire.read, wire.write))
    async with asyncio.timeout(PATIENCE):
        yield
        assert stream.ending is None
        stream.end(Ending(Code.CANCELLED))
        await task


async def refuse(_party: str, _certificate: bytes) -> bool:
    return False


def test_a_later_sign_of_life_is_another_frame() -> None:
    assert len(LATER) > 1 << 20
    assert LATER != BEAT


def test_a_visit_stays_open() -> None:
    async def run() -> None:
        stream, wire = Stream(post, PATIENCE), Wire()
        arrive = partial(Door({"p2"}, [UnsafeClaims()]).arrive, Evidence("p2", "here"))
        welcomed: list[Visit] = []
        visit = Visit(
            arrive,
            Bridge(post, post),
            stream,
            shown=b"",
            pace=0.0,
            welcomed=welcomed.append,
            admit=refuse,
            refusals=Refusals(),
        )
        greeting = encode_greeting(Greeting(samples.FIRST_STEP, 0.0))
        async with asyncio.TaskGroup() as group:
            group.create_task(visit.attend())
            async with running(stream, wire):
                for frame in (*[LATER] * MANY, greeting, LATER):
                    wire.coming.put_nowait(frame)
                assert isinstance(decode_frame(await wire.gone.get()), Greeting)
                for frame in (*[LATER] * MANY, encode_batch_frame(samples.numbered(1)), LATER):
                    wire.coming.put_nowait(frame)
                assert isinstance(decode_frame(await wire.gone.get()), Receipt)
            visit.ended(Ending(Code.CANCELLED))

    asyncio.run(run())


def test_a_channel_stays_open() -> None:
    async def run() -> None:
        stream, wire = Stream(post, PATIENCE), Wire()
        channel = FastChannel("p2", Bridge(post, post), stream, shown=b"", pace=0.0, silence="")
        answers = asyncio.Queue[Receipt]()
        batch = samples.numbered(1)
        async with running(stream, wire):
            for frame in (*[LATER] * MANY, encode_greeting(Greeting(samples.SECOND_STEP, 0.0))):
                wire.coming.put_nowait(frame)
            assert await channel.greet(samples.FIRST_STEP) == samples.SECOND_STEP
            assert channel.deliver_nowait(batch, answers.put_nowait)
            for frame in (*[LATER] * MANY, encode_receipt_frame(samples.receipt_of(batch)), LATER):
                wire.coming.put_nowait(frame)
            assert await answers.get() == samples.receipt_of(batch)

    asyncio.run(run())
