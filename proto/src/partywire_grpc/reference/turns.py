"""Whose value is read next: what a peer can have in our memory before the node has taken it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import anyio

from partywire_grpc.reference.requests import Request, decode_request

IN_HAND: Final = 64 << 20
"""Bytes of one session's values that wait for room at the node, at most, beside one more value;
and of those of all other sessions of that peer together."""


class Turn:
    """The calls of one peer to one method: they are read one after the other, however many.

    The session that has most in hand counts for nothing, so that it can hold up itself alone.
    """

    def __init__(self, who: str) -> None:
        """Nobody has called; ``who`` is the peer, or a connection where nothing shows whose."""
        self.who: str = who
        self.calls: int = 0
        self._reading = anyio.Lock()
        self._in_hand: Counter[int] = Counter()
        self._fewer = anyio.Event()

    async def request(self, read: Callable[[], Awaitable[bytes]]) -> Request:
        """Return what a call brings, once it is its turn; what `waits` is to follow at once.

        Raises `Malformed`, and what ``read`` does.
        """
        async with self._reading:
            while self._in_hand.total() - max(self._in_hand.values(), default=0) >= IN_HAND:
                await self._fewer.wait()
            return decode_request(await read())

    def has_room(self, session: int) -> bool:
        """Tell whether one more value of a session may wait."""
        return self._in_hand[session] < IN_HAND

    @contextmanager
    def waits(self, session: int, size: int) -> Iterator[None]:
        """Have a value of so many bytes in hand until the end of the block."""
        self._in_hand[session] += size
        try:
            yield
        finally:
            self._in_hand[session] -= size
            if not self._in_hand[session]:
                del self._in_hand[session]
            self._fewer.set()
            self._fewer = anyio.Event()
