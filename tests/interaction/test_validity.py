"""A connection is not older than the identity of whoever is at its other end."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from partywire import Surroundings
from partywire.delivery.peers import UNCALLED
from partywire.errors import NotReady
from tests.interaction.notary import NotaryPlugin, notarised
from tests.interaction.scenes import Clock, opened, until
from tests.interaction.venues import node_of, patience

if TYPE_CHECKING:
    from tests.interaction.venues import Venue

END = 1_000_000.0


async def test_connections_end_with_their_identities_in_both_directions(
    venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of others stay, and an honest session among them goes on."""
    wall, clock = [END - 1_000.0], Clock()
    configs = venue.configs(3, limits={"retry_first": "30s", "retry_longest": "30s"})
    given = {"p1": Surroundings(now=clock, wall=lambda: wall[0])}
    async with AsyncExitStack() as stack:
        stack.enter_context(patience())
        nodes = {}
        for party, config in configs.items():
            ends = {"p2": END} if party == "p1" else {}
            open_later = node_of(
                notarised(config, until=ends),
                surroundings=given.get(party),
                plugins=[NotaryPlugin()],
            )
            nodes[party] = await stack.enter_async_context(open_later)
        p1, _, p3 = nodes.values()
        for node in nodes.values():
            await node.ready()
        async with opened({"p1": p1, "p3": p3}, parties=["p1", "p3"]) as (here, there):
            await here.send("p3", b"before")
            assert await there.receive("p1") == b"before"
            await here.flush()
            wall[0] = END
            clock.now += 30.0
            p1._engine._table.agenda.soon(lambda: None)
            await until(lambda: len(p1._engine.missing(["p2"]).get("p2", "").split("and")) == 2)
            with pytest.raises(NotReady, match=f"out of date.*{UNCALLED}") as caught:
                await p1.ready(timeout=0)
            assert list(caught.value.missing) == ["p2"]
            here.next_round()
            there.next_round()
            await here.send("p3", b"after")
            assert await there.receive("p1") == b"after"
    said = [record.getMessage() for record in caplog.records]
    assert said.count("ended a connection of p2: its identity is out of date") == 1
