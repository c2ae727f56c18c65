"""gRPC's side of a stream, as tests need it; the node's side is called at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE: Final = 30.0


class Wire:
    """What the other end sends, and what has reached it."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[Any] = asyncio.Queue()
        self.gone: asyncio.Queue[bytes] = asyncio.Queue()

    async def read(self) -> Any:
        return await self.coming.get()

    async def write(self, frame: bytes) -> None:
        self.gone.put_nowait(frame)


def post(call: Callable[..., None], *given: Any) -> None:
    call(*given)
