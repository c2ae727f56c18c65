"""What a peer's values can take of our memory, however many calls and connections it has."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from functools import partial

import anyio
import pytest
from anyio import to_thread

from tests.children import TELLS_PEAKS, child, peak
from tests.reference.foreign import foreign, tag, tls_of
from tests.reference.ground import OURS, PATIENCE, THEIRS, place

pytestmark = pytest.mark.skipif(not TELLS_PEAKS, reason="Linux tells the peak of memory there")

MIB = 1 << 20
SIZE = 32 * MIB
CONNECTIONS = 2
CALLS = [{"method": "SendValue", "tag": tag(each, THEIRS, 0), "size": SIZE} for each in range(5)]
WAIT = 2
"""Values that wait for the node before no more is read: 64 MiB."""
MOST = 7 * SIZE
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
                for _ in range(CONNECTIONS * len(CALLS) // WAIT):
                    for _ in range(WAIT):
                        assert (await sink.line()) == str(SIZE)
                    await sink.tell("go")
            assert peak(sink.pid) - before < MOST
