"""The event loops that tests run on."""

from __future__ import annotations

import grpc.aio
import uvloop

from partywire_grpc.loops import Forgiving, ForgivingLoop

grpc.aio.init_grpc_aio()  # keeps the queue: taking it down raises where a loop of it was closed


class ForgivingUvloop(Forgiving, uvloop.Loop):  # type: ignore[misc]
    """uvloop's."""


BACKENDS: dict[str, tuple[str, dict[str, object]]] = {
    "asyncio": ("asyncio", {"loop_factory": ForgivingLoop}),
    "uvloop": ("asyncio", {"loop_factory": ForgivingUvloop}),
    "trio": ("trio", {}),
}
"""What the fixture ``anyio_backend`` can be, by name."""
