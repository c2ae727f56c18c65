"""The end of a stream on gRPC's event loop."""

from __future__ import annotations

import asyncio
import gc
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc.aio

from partywire_grpc.endings import Code, Ending
from partywire_grpc.frames import BEAT
from partywire_grpc.stream import AHEAD, Stream

from .wires import PATIENCE, Wire, post

if TYPE_CHECKING:
    from collections.abc import Callable


class Listener:
    """The node's side, which notes what it is told."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.left = 0
        self.news = asyncio.Event()

    def came(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.news.set()

    def written(self) -> None:
        self.left += 1
        self.news.set()

    def ended(self, ending: Ending) -> None:
        raise AssertionError(ending)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.news.clear()
                await self.news.wait()


async def never(*_: Any) -> Any:
    await asyncio.Event().wait()


async def carried(
    scene: Callable[[Stream, Listener, Wire], Any], patience: float = PATIENCE
) -> Ending:
    """Run a stream while a scene goes on, and return how it ended."""
    stream, listener, wire = Stream(post, patience), Listener(), Wire()
    stream.listener = listener
    running = asyncio.ensure_future(stream.run(wire.read, wire.write))
    await scene(stream, listener, wire)
    async with asyncio.timeout(PATIENCE):
        return await running


def test_a_stream_that_ended_before_it_began_leaves_nothing_behind() -> None:
    async def run() -> Ending:
        stream = Stream(post, patience=1.0)
        stream.end(Ending(Code.UNAVAILABLE))
        return await stream.run(never, never)

    assert asyncio.run(run()) == Ending(Code.UNAVAILABLE)
    gc.collect()  # a coroutine that nobody awaited is a warning, and so an error


def test_frames_pass_both_ways_in_their_order_until_the_other_end_closes() -> None:
    async def scene(stream: Stream, listener: Listener, wire: Wire) -> None:
        for frame in (b"1", b"2", BEAT, b"3"):
            stream.send(frame)
            wire.coming.put_nowait(frame)
        await listener.until(lambda: len(listener.frames) == listener.left == 3)
        assert listener.frames == [b"1", b"2", b"3"]
        assert [wire.gone.get_nowait() for _ in range(4)] == [b"1", b"2", BEAT, b"3"]
        wire.coming.put_nowait(grpc.aio.EOF)

    assert asyncio.run(carried(scene)) == Ending(Code.OK)


def test_no_more_is_read_ahead_than_the_bound_and_one_frame() -> None:
    frame = bytes(AHEAD // 2)

    async def scene(stream: Stream, listener: Listener, wire: Wire) -> None:
        for _ in range(5):
            wire.coming.put_nowait(frame)
        await listener.until(lambda: len(listener.frames) == 2)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(listener.frames) == 2
        stream.handled(len(frame))
        await listener.until(lambda: len(listener.frames) == 3)
        stream.end(Ending(Code.CANCELLED))

    assert asyncio.run(carried(scene)) == Ending(Code.CANCELLED)


def test_a_stream_without_frames_sends_signs_of_life() -> None:
    async def scene(stream: Stream, _: Listener, wire: Wire) -> None:
        stream.beat_every(0.01)
        async with asyncio.timeout(PATIENCE):
            assert [await wire.gone.get() for _ in range(3)] == [BEAT] * 3
        stream.end(Ending(Code.CANCELLED))

    assert asyncio.run(carried(scene)) == Ending(Code.CANCELLED)


def test_silence_ends_a_stream() -> None:
    async def scene(stream: Stream, _: Listener, __: Wire) -> None:
        assert stream.ending is None

    assert asyncio.run(carried(scene, patience=0.05)) == Ending(Code.DEADLINE_EXCEEDED)


def test_who_does_not_read_does_not_count_silence() -> None:
    async def scene(stream: Stream, listener: Listener, wire: Wire) -> None:
        for _ in range(2):
            wire.coming.put_nowait(bytes(AHEAD))
        await listener.until(lambda: len(listener.frames) == 1)
        await asyncio.sleep(0.15)  # three times its patience
        assert stream.ending is None
        stream.end(Ending(Code.CANCELLED))

    assert asyncio.run(carried(scene, patience=0.05)) == Ending(Code.CANCELLED)


def test_an_error_of_ours_ends_the_stream_and_nothing_else() -> None:
    def fails(call: Callable[..., None], *given: Any) -> None:
        raise ValueError

    async def run() -> Ending:
        stream, wire = Stream(fails, PATIENCE), Wire()
        stream.listener = Listener()
        wire.coming.put_nowait(b"1")
        return await stream.run(wire.read, partial(never))

    assert asyncio.run(run()) == Ending(Code.INTERNAL)
