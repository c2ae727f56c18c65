"""Through cuts, stalls, half-open links and delays each message arrives once and in order."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Final

import anyio

from tests.faultproxy import Chances, Kind
from tests.faultproxy.chance import KINDS
from tests.mesh import mesh
from tests.recovery.traffic import Traffic
from tests.sizes import MESSAGES, PATIENCE

if TYPE_CHECKING:
    from tests.mesh import Mesh

PARTIES: Final = ("p1", "p2", "p3", "p4")
SESSIONS: Final = 40
EVERY: Final = 400_000
"""Bytes between two faults: most connections carry no whole batch; see decision 16."""
FLOWS: Final = SESSIONS * len(PARTIES) * (len(PARTIES) - 1)
LIMITS: Final[dict[str, object]] = {
    "retry_first": "5ms",
    "retry_longest": "50ms",
    "heartbeat": "300ms",
    "deliver_timeout": "3s",
}


def struck(net: Mesh) -> Counter[Kind]:
    total: Counter[Kind] = Counter()
    for link in net.links.values():
        total += link.struck
    return total


async def test_every_message_arrives_once_and_in_order_through_faults(seed: int) -> None:
    net = mesh(PARTIES, Chances(seed, every=EVERY), limits=LIMITS)
    traffic = Traffic(seed, SESSIONS, -(-MESSAGES // FLOWS))
    with anyio.fail_after(PATIENCE):
        async with net.nodes() as nodes:
            await traffic.flow(nodes)
    faults = struck(net)
    connections = sum(link.accepted for link in net.links.values())
    sys.stdout.write(f"{traffic.total(len(PARTIES))} messages, {connections} connections; {faults}")
    assert set(faults) <= set(KINDS)
    assert faults[Kind.CUT] + faults[Kind.CLOSE] > 0
