"""Calls of one session that run beside each other, and what one of them leaves to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywire.errors import PeerAborted, ReceiveConflict
from tests.interaction.scenes import opened, settled, tasks

if TYPE_CHECKING:
    from tests.interaction.venues import Venue


async def test_a_receive_takes_nothing_that_a_gather_waits_for(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, p3), tasks() as beside:
        gathering = beside.start(p1.gather)
        await beside.parked(p1, 2)
        await p2.send("p1", b"2")
        await p2.flush()
        with pytest.raises(ReceiveConflict):
            await p1.receive("p2")
        await p3.send("p1", b"3")
        assert await gathering.result() == {"p2": b"2", "p3": b"3"}


async def test_exchange_raises_where_its_message_could_not_be_sent(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1) as p1:
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p2"].session(1) as p2:
                await p2.send("p1", b"held")
                await p2.flush()
                raise ValueError("broken")
        await settled()
        with pytest.raises(PeerAborted):
            await p1.exchange({"p2": b"never accepted"})
