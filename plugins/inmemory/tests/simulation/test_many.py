"""Hundreds of parties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from partywire_inmemory import Simulation

if TYPE_CHECKING:
    from partywire import Node

PARTIES = 200
CHILDREN = 4


def family(head: int) -> list[str]:
    """The party of that number with its children in a tree."""
    first = CHILDREN * (head - 1) + 2
    return [f"p{each}" for each in (head, *range(first, first + CHILDREN)) if each <= PARTIES]


async def sum_up(node: Node) -> int:
    """Add up the numbers of all parties, up a tree of small sessions."""
    number = total = int(node.party[1:])
    members = family(number)
    if len(members) > 1:
        async with node.session("sum", attempt=number, parties=members) as below:
            total += sum(int(answer) for answer in (await below.gather()).values())
    if number > 1:
        head = (number - 2) // CHILDREN + 1
        async with node.session("sum", attempt=head, parties=family(head)) as above:
            await above.send(f"p{head}", b"%d" % total)
            await above.flush()
    return total


def test_two_hundred_parties_add_up_a_tree() -> None:
    simulation = Simulation(PARTIES, seed=1)
    simulation.every_link().set(latency=0.05, jitter=0.01, loss=0.01)
    result = simulation.run(sum_up)
    assert result.values()["p1"] == sum(range(PARTIES + 1))
    assert result.seconds < 60
