"""Event loops of asyncio that may be told something after they were closed."""

import asyncio
from typing import Any


class Forgiving(asyncio.AbstractEventLoop):
    """To be mixed into an event loop: what comes for it after it was closed is passed over.

    `grpc.aio` has one queue of events for all loops of a process. An event of a loop that was
    closed meanwhile is told to that loop, and what it raises is raised in whatever loop looks at
    the queue. A program that runs several loops one after the other, as test suites do, makes them
    of such a class. Nothing of a node is lost by it: whoever waited is gone with its loop.
    """

    def call_soon_threadsafe(self, *call: Any, **options: Any) -> Any:  # type: ignore[override]
        """As the loop does, unless it is closed; then return None."""
        return None if self.is_closed() else super().call_soon_threadsafe(*call, **options)


class ForgivingLoop(Forgiving, asyncio.SelectorEventLoop):  # type: ignore[misc]
    """asyncio's own loop, with that."""
