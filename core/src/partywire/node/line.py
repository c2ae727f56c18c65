"""One connection to a peer, as its courier holds it: of batches, or of single calls."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from partywire.errors import TransportError
from partywire.identity import Identity
from partywire.interfaces import Judge


class Line(ABC):
    """A connection whose other end was judged; ``identity`` is what that made of it."""

    identity: Identity

    @abstractmethod
    async def greet(self) -> None:
        """See to it that the peer is there, before anything is sent. Raises `TransportError`."""

    @abstractmethod
    async def carry(self) -> TransportError:
        """Send what there is until the connection ends, and return why it ended."""

    @abstractmethod
    def end(self, problem: TransportError) -> None:
        """End the connection for that reason; the first one stays."""

    @abstractmethod
    def renew(self, valid_until: float | None) -> None:
        """The other end was judged, and is good until then, in seconds since 1970."""


Dial = Callable[[Judge], AbstractAsyncContextManager[Line]]
"""Opens a line to one peer, and judges who is there."""
