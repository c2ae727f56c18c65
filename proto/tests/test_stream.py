"""The end of a stream on gRPC's event loop."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from partywire_grpc.endings import Code, Ending
from partywire_grpc.stream import Stream


def post(*_: Any) -> None:
    raise AssertionError


async def never(*_: Any) -> Any:
    await asyncio.Event().wait()


def test_a_stream_that_ended_before_it_began_leaves_nothing_behind() -> None:
    async def run() -> Ending:
        stream = Stream(post, patience=1.0)
        stream.end(Ending(Code.UNAVAILABLE))
        return await stream.run(never, never)

    assert asyncio.run(run()) == Ending(Code.UNAVAILABLE)
    gc.collect()  # a coroutine that nobody awaited is a warning, and so an error
