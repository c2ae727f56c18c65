"""Messages from each node to each, in bursts between which certificates change."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from partywire import Node, Session
    from partywire.node.bell import Bell

BURST = 100


@asynccontextmanager
async def together(nodes: Iterable[Node]) -> AsyncIterator[list[Session]]:
    """One session of all nodes, with labels."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(node.session(7, labels=True)) for node in nodes]


async def all_arrives(sessions: Sequence[Session], messages: int, renewed: Bell) -> None:
    """Send so many from each to each, and wait for a renewal after each burst; none is lost."""
    came: dict[tuple[str, str], list[bytes]] = {}
    async with anyio.create_task_group() as talking:
        for session in sessions:
            for peer in session.peers:
                talking.start_soon(_send, session, peer, messages, renewed)
                talking.start_soon(_receive, session, peer, messages, came)
    assert len(came) == len(sessions) * (len(sessions) - 1)
    assert all(each == [b"%d" % number for number in range(messages)] for each in came.values())


async def _send(session: Session, peer: str, messages: int, renewed: Bell) -> None:
    for number in range(messages):
        await session.send(peer, b"%d" % number, label=1)
        if number % BURST == BURST - 1:
            await renewed.wait()


async def _receive(
    session: Session, peer: str, messages: int, came: dict[tuple[str, str], list[bytes]]
) -> None:
    came[peer, session.party] = [await session.receive(peer, label=1) for _ in range(messages)]
