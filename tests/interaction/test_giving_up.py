"""A peer that stays away is given up in the end, and nobody else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywire.errors import PeerUnreachable
from tests.interaction.scenes import opened

if TYPE_CHECKING:
    from tests.interaction.venues import Venue


async def test_a_peer_that_stays_away_is_given_up(venue: Venue) -> None:
    limits = {"give_up": "1s", "shutdown_grace": "1s"}
    configs = venue.configs(3, limits=limits)
    configs.pop("p3")
    async with venue.unready(configs) as nodes:
        await nodes["p1"].ready(peers=["p2"])
        async with opened(nodes, timing="asynchronous") as (p1, p2):
            with pytest.raises(PeerUnreachable, match="p3 is unreachable"):
                await p1.receive("p3")
            await p2.send("p1", b"goes on")
            assert await p1.receive("p2") == b"goes on"
