"""A node that starts anew: what was bound to its old life fails by name, the rest goes on."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from partywire.errors import PeerAborted, PeerRestarted
from tests.interaction.scenes import opened, settled, tasks, together, turns
from tests.interaction.venues import node_of

if TYPE_CHECKING:
    from partywire import Node
    from tests.interaction.venues import Config, Venue

LIMITS: dict[str, object] = {"retry_first": "1ms", "shutdown_grace": "2s"}


class Mortal:
    """A node that can die without a word to anybody, and live again.

    It does not connect anew in its last moments: on a slow machine an ABORT would get out.
    """

    def __init__(self, venue: Venue, config: Config) -> None:
        self._venue = venue
        last = {"retry_first": "10s", "retry_longest": "10s", "shutdown_grace": "1ms"}
        self._config = {**config, "limits": {**config["limits"], **last}}
        self._stack = AsyncExitStack()

    async def live(self) -> Node:
        return await self._stack.enter_async_context(node_of(self._config))

    async def die(self) -> None:
        """Cut the connections first, so that no ABORT gets out."""
        self._venue.cut(self._config)
        await self._stack.aclose()


async def test_a_bound_session_fails_by_name_and_an_unbound_one_goes_on(venue: Venue) -> None:
    configs = venue.configs(3, limits=LIMITS)
    mortal = Mortal(venue, configs.pop("p3"))
    async with venue.unready(configs) as nodes, tasks() as beside:
        p3 = await mortal.live()
        await together(p3.ready, *(node.ready for node in nodes.values()))
        async with opened(nodes, "bound") as (p1, p2), opened(nodes, "unbound") as (q1, _):
            lost = p3.session("bound")
            await (await lost.__aenter__()).send("p1", b"of the old life")
            await q1.send("p3", b"cached in the old life")
            await p1.flush()
            assert await p1.receive("p3") == b"of the old life"
            p1.next_round()
            await settled()
            parked = beside.start(p1.receive, "p3")
            await beside.parked(p1)
            await mortal.die()
            again = await mortal.live()
            error = await parked.error(PeerRestarted)
            assert (error.session, error.party) == (p1.id, "p3")
            p2.next_round()
            await p2.send("p1", b"not disturbed")
            assert await p1.receive("p2") == b"not disturbed"
            async with again.session("unbound") as q3:
                assert await q3.receive("p1") == b"cached in the old life"
                await q3.send("p1", b"of the new life")
                assert await q1.receive("p3") == b"of the new life"
            async with again.session("bound") as late:
                with pytest.raises(PeerAborted, match="PeerRestarted"):
                    await late.receive("p1")
            await mortal.die()


async def test_connections_that_break_lose_nothing_and_repeat_nothing(venue: Venue) -> None:
    configs = venue.configs(2, limits=LIMITS)
    async with venue.opened(configs) as nodes, opened(nodes, labels=True) as (p1, p2):
        for number in range(20):
            await p1.send("p2", b"%d" % number, label=0)
            if number % 5 == 0:
                venue.cut(configs["p1"])
            if number % 2:
                await turns(2)
        for number in range(20):
            assert await p2.receive("p1", label=0) == b"%d" % number


async def test_a_large_message_survives_a_break_in_its_midst(venue: Venue) -> None:
    configs = venue.configs(2, limits={**LIMITS, "window": "1MiB"})
    payload = bytes(range(256)) * 20_000
    async with venue.opened(configs) as nodes, opened(nodes) as (p1, p2), tasks() as beside:
        receiving = beside.start(p2.receive, "p1")
        await p1.send("p2", payload)
        for _ in range(3):
            await turns(2)
            venue.cut(configs["p1"])
        assert await receiving.result() == payload
