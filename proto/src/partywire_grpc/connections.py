"""The connections of one node, by the certificate of ours that each shows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import anyio

from partywire.errors import TransportError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Collection

    from partywire_grpc.channel import FastChannel
    from partywire_grpc.door import Door
    from partywire_grpc.reference.channel import ReferenceChannel

_log = logging.getLogger("partywire")

RENEWED: Final = "this node has renewed its certificate"
REFUSED_NEXT: Final = (
    "%s refuses our next certificate: send it to %s, who puts it beside the old one and reads its "
    "config again; until then %s does not talk to us"
)
ANNOUNCING: Final = 5.0
"""Seconds that peers have to answer for the next certificate of this node."""


class Connections:
    """All that stand; those on the reference wire as far as this node has made them.

    Attributes:
        channels: what this node has made on the fast wire.
        calling: what it has made on the reference wire.
        door: lets in what peers make on the fast wire; None before the node serves.
    """

    def __init__(self) -> None:
        """Begin with none, and let any certificate be shown."""
        self.channels: set[FastChannel] = set()
        self.calling: set[ReferenceChannel] = set()
        self.door: Door | None = None
        self._kept: Collection[bytes] | None = None
        self._reason = ""

    def keep(self, shown: Collection[bytes], reason: str) -> None:
        """Let stand what shows one of these certificates, and end everything else.

        ``shown`` are their SHA-256. What is being made is held against them in `check`.
        """
        self._kept, self._reason = shown, reason
        for channel in self.channels:
            if channel.shown not in shown:
                channel.hang_up(Unreachable(channel.peer, reason))
        for called in self.calling:
            if called.shown not in shown:
                called.hang_up(Unreachable(called.peer, reason))
        self.end_visits()

    def end_visits(self) -> None:
        """End each that was shown another certificate than those that are kept."""
        if self.door is not None and self._kept is not None:
            self.door.keep(self._kept)

    def check(self, peer: str, shown: bytes) -> None:
        """Raise `Unreachable` where a connection that shows this would be ended at once."""
        if self._kept is not None and shown not in self._kept:
            raise Unreachable(peer, self._reason)

    async def announce(self, certificate: bytes) -> None:
        """Announce our next certificate, in DER, to whom we have called on the fast wire.

        They have `ANNOUNCING` to answer.
        """
        with anyio.move_on_after(ANNOUNCING):
            async with anyio.create_task_group() as group:
                for channel in self.channels:
                    group.start_soon(_announce_to, channel, certificate)


async def _announce_to(channel: FastChannel, certificate: bytes) -> None:
    try:
        admitted = await channel.announce(certificate)
    except TransportError:
        return
    if not admitted:
        _log.warning(REFUSED_NEXT, channel.peer, channel.peer, channel.peer)
