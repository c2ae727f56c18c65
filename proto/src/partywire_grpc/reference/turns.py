"""Whose value is read next: what a peer can have in our memory before the node has taken it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio

from partywire_grpc.reference.requests import Request, decode_request

IN_HAND: Final = 64 << 20
"""Bytes of one peer's values that wait for room at the node, at most, beside one more value."""


class Turn:
    """The calls of one peer to one method: they are read one after the other, however many."""

    def __init__(self, who: str) -> None:
        """Nobody has called; ``who`` is the peer, or a connection where nothing shows whose."""
        self.who: str = who
        self.calls: int = 0
        self._reading = anyio.Lock()
        self._in_hand = 0
        self._fewer = anyio.Event()

    @asynccontextmanager
    async def request(self, read: Callable[[], Awaitable[bytes]]) -> AsyncIterator[Request]:
        """Hold what a call brings, once it is its turn. Raises `Malformed`, and what ``read`` does.

        It counts as in hand until the end of the block.
        """
        async with self._reading:
            while self._in_hand >= IN_HAND:
                await self._fewer.wait()
            request = decode_request(await read())
            self._in_hand += len(request.value)
        try:
            yield request
        finally:
            self._in_hand -= len(request.value)
            self._fewer.set()
            self._fewer = anyio.Event()
