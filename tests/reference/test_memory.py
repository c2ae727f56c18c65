"""What a peer's values can take of our memory, however many calls and connections it has."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from functools import partial

import anyio
import pytest
from anyio import to_thread

from tests.children import TELLS_PEAKS, child, peak
from tests.reference.foreign import ACTIVE, foreign, tag, tls_of
from tests.reference.ground import OURS, PATIENCE, THEIRS, place

pytestmark = pytest.mark.skipif(not TELLS_PEAKS, reason="Linux tells the peak of memory there")

MIB = 1 << 20
SIZE = 32 * MIB
CONNECTIONS = 2
CALLS = [{"method": "SendValue", "tag": tag(each, THEIRS, 0), "size": SIZE} for each in range(5)]
WAIT = 3
"""Values that wait for the node before no more is read: one session's, and 64 MiB of others."""
MOST = 8 * SIZE
"""Those, twice the one that is read, and what all else takes. All that is sent is 10."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # both ends are processes


async def test_what_waits_for_the_node_is_bounded_over_all_connections() -> None:
    somewhere = await to_thread.run_sync(partial(place, tls=True))
    config = await to_thread.run_sync(lambda: json.dumps(somewhere.config()))
    shown = await to_thread.run_sync(tls_of, somewhere.wallet, THEIRS, OURS)
    port = somewhere.ports.reference
    with anyio.fail_after(PATIENCE):
        async with child("tests.reference.sink", config) as sink, AsyncExitStack() as stack:
            assert (await sink.line()) == "open"
            before = peak(sink.pid)
            async with anyio.create_task_group() as group:
                for _ in range(CONNECTIONS):
                    client = await stack.enter_async_context(foreign("client", port, shown))
                    group.start_soon(client.calls, *CALLS)
                left = CONNECTIONS * len(CALLS)
                while left:
                    for _ in range(min(left, WAIT)):
                        assert (await sink.line()) == str(SIZE)
                        left -= 1
                    await sink.tell("go")
            assert peak(sink.pid) - before < MOST


async def test_a_session_without_room_holds_up_itself_alone() -> None:
    somewhere = await to_thread.run_sync(partial(place, tls=True))
    shown = await to_thread.run_sync(tls_of, somewhere.wallet, THEIRS, OURS)
    port = somewhere.ports.reference
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", port, shown) as full,
            foreign("client", port, shown) as others,
            anyio.create_task_group() as group,
        ):
            ours.counter.held = anyio.Event()
            ours.counter.free = {2}
            answers: list[tuple[str, str]] = []

            async def send() -> None:
                large = {"method": "SendValue", "tag": tag(1, THEIRS, 0), "size": 3 * SIZE}
                answers.extend(await full.calls(large))

            group.start_soon(send)
            await ours.counter.taken.wait_for(1)
            for number in range(3):
                free = tag(2, THEIRS, number)
                assert await others.call("SendValue", tag=free, size=SIZE) == ("OK", ACTIVE)
            again = await others.call("SendValue", tag=tag(1, THEIRS, 1), size=MIB)
            assert again == ("RESOURCE_EXHAUSTED", "")
            assert not answers
            ours.counter.held.set()
        assert answers == [("OK", ACTIVE)]
