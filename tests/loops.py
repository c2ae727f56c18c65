"""Event loops of asyncio that may be told something after they were closed.

`grpc.aio` has one queue of events for all loops of a process, and an event of a loop that was
closed meanwhile is told to that loop. It raises then, in whatever loop looks at the queue: the one
of the next test. These loops have nobody to tell by then, and say nothing.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio
import uvloop

grpc.aio.init_grpc_aio()  # keeps the queue: taking it down raises where a loop of it was closed


class Loop(asyncio.SelectorEventLoop):
    """asyncio's own."""

    def call_soon_threadsafe(self, *call: Any, **options: Any) -> Any:  # type: ignore[override]
        return None if self.is_closed() else super().call_soon_threadsafe(*call, **options)


class Uvloop(uvloop.Loop):
    """uvloop's."""

    def call_soon_threadsafe(self, *call: Any, **options: Any) -> Any:  # type: ignore[override]
        return None if self.is_closed() else super().call_soon_threadsafe(*call, **options)


BACKENDS: dict[str, tuple[str, dict[str, object]]] = {
    "asyncio": ("asyncio", {"loop_factory": Loop}),
    "uvloop": ("asyncio", {"loop_factory": Uvloop}),
    "trio": ("trio", {}),
}
"""What the fixture ``anyio_backend`` can be, by name."""
