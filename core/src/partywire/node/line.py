"""One connection to a peer, as its courier holds it: of batches, or of single calls."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import anyio

from partywire.delivery.peers import Peer
from partywire.errors import Rejected, TransportError
from partywire.interfaces import Channel, Judge, UnaryChannel
from partywire.node.counterpart import Counterpart
from partywire.node.surroundings import Surroundings
from partywire.node.validity import OUT_OF_DATE, Expiry

if TYPE_CHECKING:
    from partywire.identity import Identity


class Line(ABC):
    """A connection whose other end was judged; ``identity`` is what that made of it."""

    def __init__(
        self, channel: Channel | UnaryChannel, peer: Peer, surroundings: Surroundings
    ) -> None:
        """Hold a channel that leads to ``peer``."""
        self.identity: Identity = channel.identity
        self._peer = peer
        self._broken = channel.broken
        self._expiry = Expiry(peer.agenda, surroundings.wall, self._out_of_date)
        self._problem: TransportError | None = None
        self._scope = anyio.CancelScope()

    @abstractmethod
    async def greet(self, there: Counterpart) -> None:
        """See to it that the peer is there, before anything is sent.

        ``there`` is the peer as it was judged. Raises `TransportError`, and `IdentityError` where
        the peer has to prove itself and does not.
        """

    @abstractmethod
    async def carry(self) -> TransportError:
        """Send what there is until the connection ends, and return why it ended."""

    def end(self, problem: TransportError) -> None:
        """End the connection for that reason; the first one stays."""
        if self._problem is None:
            self._problem = problem
        self._scope.cancel()

    def renew(self, valid_until: float | None, ends: float | None) -> None:
        """The other end was judged, and is good until the first of both; see `Expiry.watch`."""
        self._expiry.watch(valid_until, ends)

    def _out_of_date(self) -> None:
        self.end(Rejected(self._peer.party, OUT_OF_DATE))

    async def _watch(self) -> None:
        self.end(await self._broken())


Dial = Callable[[Judge], AbstractAsyncContextManager[Line]]
"""Opens a line to one peer, and judges who is there."""
