"""Numbered messages among all parties of many sessions, each looked at when it arrives."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import anyio
import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from partywire import Node, Session

LARGEST: Final = 1_000
"""Bytes of most messages, at most."""
HUGE: Final = 1_500_000
"""Bytes of one that goes in pieces."""
HUGE_ONES: Final = 2_000
"""One of so many is huge."""


@attrs.frozen
class Traffic:
    """How many messages, and what is in them: both ends know from the seed.

    Attributes:
        sessions: how many at a time.
        each: messages from each party to each other one, in each session.
    """

    seed: int
    sessions: int
    each: int

    def total(self, parties: int) -> int:
        """Return how many messages there are."""
        return self.sessions * self.each * parties * (parties - 1)

    async def flow(self, nodes: Mapping[str, Node]) -> None:
        """Send all, and receive all exactly once and in the order of sending."""
        async with anyio.create_task_group() as group:
            for number in range(self.sessions):
                for node in nodes.values():
                    group.start_soon(self._take_part, node, number)

    async def _take_part(self, node: Node, number: int) -> None:
        async with node.session(f"traffic {number}", labels=True, timing="asynchronous") as session:
            async with anyio.create_task_group() as group:
                for peer in session.peers:
                    group.start_soon(self._send, session, peer)
                    group.start_soon(self._receive, session, peer)
            await session.flush()
            for peer, counters in session.counters.items():
                assert counters.messages_received == self.each, f"{session.party} of {peer}"

    async def _send(self, session: Session, peer: str) -> None:
        for payload in self._payloads(session.id, session.party, peer):
            await session.send(peer, payload, label=0)

    async def _receive(self, session: Session, peer: str) -> None:
        for place, payload in enumerate(self._payloads(session.id, peer, session.party)):
            came = await session.receive(peer, label=0)
            assert came == payload, f"message {place} of {peer} to {session.party} is another"

    def _payloads(self, session: int, sender: str, receiver: str) -> Iterator[bytes]:
        chance = random.Random(f"{self.seed}/{session}/{sender}/{receiver}")
        for number in range(self.each):
            size = HUGE if not chance.randrange(HUGE_ONES) else chance.randrange(LARGEST)
            yield b"%d:%b" % (number, chance.randbytes(size))
