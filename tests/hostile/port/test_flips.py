"""Bits that change on the way, which nothing detects without TLS, concern those two alone."""

from __future__ import annotations

import random
import sys
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Final

import anyio

from partywire.errors import PartywireError
from partywire.session.lifetimes import background
from tests.faultproxy import Fault, Kind
from tests.interaction.scenes import moment, opened
from tests.mesh import mesh

if TYPE_CHECKING:
    from partywire import Node

PARTIES: Final = ("p1", "p2", "p3")
PATIENCE: Final = 50.0
FLIPS: Final = 60
LIMITS: Final = {"retry_first": "5ms", "retry_longest": "50ms", "deliver_timeout": "2s"}


class Doubled(Exception):
    """A bit of an incarnation has changed, after which the true one is a second life.

    Nothing on this wire shows that it did; both operators are told (decision 12).
    """


async def babble(node: Node, peer: str, chance: random.Random) -> None:
    """Send to a peer in session after session; what becomes of it may be any error of ours."""
    for number in count(100):
        try:
            async with node.session(number, parties=[node.party, peer], labels=True) as session:
                for _ in range(10):
                    await session.send(peer, bytes(chance.randrange(3_000)), label=1)
                await session.flush(timeout=0.2)
        except PartywireError:
            await anyio.lowlevel.checkpoint()


async def _until_doubled(nodes: dict[str, Node], healed: anyio.CancelScope) -> None:
    """Cancel it where one of the two was taken for two."""
    ends = [(nodes["p1"], "p2"), (nodes["p2"], "p1")]
    peers = [node._engine._table.peers[peer] for node, peer in ends]
    while not any(peer._accused > 0 for peer in peers):
        await moment()
    healed.cancel()


async def test_bits_that_change_between_two_harm_nobody_else(seed: int) -> None:
    chance = random.Random(f"{seed}/flips")
    net = mesh(PARTIES, limits=LIMITS)
    links = [net.links["p1", "p2"], net.links["p2", "p1"]]
    with suppress(Doubled), anyio.fail_after(PATIENCE):
        async with net.nodes() as nodes, opened(nodes, 1, labels=True) as (p1, _, p3):
            async with background() as group:
                for one, other in (("p1", "p2"), ("p2", "p1")):
                    group.start_soon(babble, nodes[one], other, random.Random(f"{seed}/{one}"))
                for number in range(FLIPS):
                    for link in links:
                        link.strike(Fault(Kind.FLIP, after=chance.randrange(4_000)))
                    await p1.send("p3", b"%d" % number, label=1)
                    await p3.send("p1", await p3.receive("p1", label=1), label=1)
                    assert await p1.receive("p3", label=1) == b"%d" % number
            for link in links:
                link.strike(Fault(Kind.CUT))
            struck = sum(link.struck[Kind.FLIP] for link in links)
            sys.stdout.write(f"{struck} bits flipped, {sum(link.accepted for link in links)} calls")
            assert struck > 0
            two = {party: nodes[party] for party in ("p1", "p2")}
            async with opened(two, 2, parties=["p1", "p2"]) as (after, there):
                await after.send("p2", b"as if nothing had been")
                async with background() as group:
                    group.start_soon(_until_doubled, two, healed := anyio.CancelScope())
                    with healed:
                        assert await there.receive("p1") == b"as if nothing had been"
                    if healed.cancelled_caught:
                        raise Doubled
