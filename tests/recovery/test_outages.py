"""A peer that is out of reach for a while loses nothing, and half-open links are noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
import pytest

from partywire.delivery.limits import Limits
from partywire.session.lifetimes import background
from tests.faultproxy import DOWN, UP, Fault, Kind, Way
from tests.interaction.scenes import opened
from tests.mesh import mesh
from tests.sizes import FULL, OUTAGE, PATIENCE

if TYPE_CHECKING:
    from partywire import Session

PARTIES: Final = ("p1", "p2", "p3")
BACK: Final = 1.0 if FULL else 20.0
"""Seconds within which a peer that is back is talked to: one, but on a machine that is busy."""
# The pauses reach their longest, the default, as they do in a long outage.
LIMITS: Final[dict[str, object]] = {} if OUTAGE > 20 else {"retry_factor": 10}


class Numbers:
    """Sends numbers from one to another, and expects them in order."""

    def __init__(self, sender: Session, receiver: Session) -> None:
        self.sent = self.received = 0
        self._sender = sender
        self._receiver = receiver

    async def send(self) -> None:
        await self._sender.send(self._receiver.party, b"%d" % self.sent, label=0)
        self.sent += 1

    async def receive(self) -> None:
        came = await self._receiver.receive(self._sender.party, label=0)
        assert came == b"%d" % self.received
        self.received += 1

    async def catch_up(self) -> None:
        while self.received < self.sent:
            await self.receive()


@pytest.mark.parametrize("fault", [Kind.CUT, Kind.STALL], ids=["refused", "silent"])
async def test_a_peer_out_of_reach_loses_nothing_and_is_talked_to_soon_after(fault: Kind) -> None:
    net = mesh(PARTIES, limits=LIMITS)
    with anyio.fail_after(PATIENCE):
        async with net.nodes() as nodes, opened(nodes, 1, labels=True) as (p1, p2, p3):
            lost, back, others = Numbers(p1, p3), Numbers(p3, p1), Numbers(p1, p2)
            for each in (lost, back, others):
                await each.send()
                await each.receive()
            net.prevail(Fault(fault), net.of("p3"))
            with anyio.move_on_after(OUTAGE):
                while True:
                    for each in (lost, back) if lost.sent < 1_000 else ():
                        await each.send()
                    await others.send()
                    await others.receive()
            assert (lost.received, back.received) == (1, 1)
            net.heal()
            with anyio.fail_after(BACK):
                await lost.receive()
                await back.receive()
            for each in (lost, back, others):
                await each.catch_up()


def test_the_longest_pause_lets_a_peer_be_talked_to_within_a_second() -> None:
    assert Limits().retry_longest < 1.0


@pytest.mark.parametrize("way", [UP, DOWN, None], ids=["up", "down", "both"])
async def test_a_half_open_link_is_noticed_by_heartbeats(way: Way | None) -> None:
    # nothing but a heartbeat ends a connection here: every other patience is an hour
    limits: dict[str, object] = {"heartbeat": "200ms", "give_up": "1h", "deliver_timeout": "1h"}
    net = mesh(["p1", "p2"], limits=limits)
    link = net.links["p1", "p2"]
    with anyio.fail_after(PATIENCE):
        async with net.nodes() as nodes, opened(nodes, 1, labels=True) as (p1, p2):
            numbers = Numbers(p1, p2)
            await numbers.send()
            await numbers.receive()
            link.strike(Fault(Kind.SWALLOW, way=way))
            async with background() as group:
                group.start_soon(numbers.send)
                await link.until(lambda: link.accepted > 1)
            await numbers.catch_up()
