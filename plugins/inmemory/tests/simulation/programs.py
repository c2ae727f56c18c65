"""Programs that many tests of the simulator run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from partywire import Node

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])
ROUNDS = 10


async def count(node: Node) -> int:
    """Exchange ten rounds and add up what the others sent; a peer that fails counts nothing."""
    total = 0
    async with node.session("count", timing="asynchronous") as session:
        for number in range(ROUNDS):
            answers = await session.exchange(
                dict.fromkeys(node.peers, b"%d" % number), on_failure="collect"
            )
            total += sum(int(answer) for answer in answers.values())
            session.next_round()
    return total


def counted(peers: int, rounds: int = ROUNDS) -> int:
    """What `count` returns where so many peers take part in the first rounds."""
    return peers * sum(range(rounds))


async def wait(node: Node) -> None:
    """Wait for the first peer, which sends nothing."""
    async with node.session("wait", timing="asynchronous") as session:
        await session.receive(node.peers[0])
