"""Two parties of a transport, and a connection for single calls between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from partywire.testing.transport.calls import Pair
from partywire.testing.transport.scene import TransportScene


class SingleScene(TransportScene):
    """What the groups of the contract of single calls have in common."""

    @asynccontextmanager
    async def pair(self) -> AsyncIterator[Pair]:
        """Open ``p1`` and ``p2``, and let the first call the second."""
        async with self.parties("p1", "p2") as scene:
            here, there = scene.stands
            async with here.transport.call("p2", here.judge_of("p2")) as channel:
                yield Pair(here, there, channel)
