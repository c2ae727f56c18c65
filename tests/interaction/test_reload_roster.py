"""Peers that are added and removed while sessions go on among others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywire.errors import NotInRoster, PeerRemoved
from partywire.node.connection import Connection
from partywire.node.reloading import read
from tests.interaction.notary import NotaryPlugin, notarised
from tests.interaction.reloads import LIMITS, talk, without
from tests.interaction.scenes import opened, tasks, until
from tests.interaction.venues import node_of

if TYPE_CHECKING:
    from partywire.delivery.dispatch import Flight
    from partywire.node.counterpart import Counterpart
    from tests.interaction.venues import Venue


class Enough(Exception):
    """Leaves a session without delivering what nobody takes."""


async def test_nothing_leaves_for_who_is_removed_in_the_moment_in_which_a_hello_ends(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The courier has its answer, and has not run since, as the peer is taken out."""
    configs = venue.configs(3, limits=LIMITS)
    greet, sent = Connection.greet, Connection._sent
    left: list[str] = []
    async with venue.unready(configs) as nodes:
        engine = nodes["p1"]._engine
        asked = [await engine.prepare(await read(without(configs["p1"], "p2"), ()))]

        async def greeted(connection: Connection, there: Counterpart) -> None:
            await greet(connection, there)
            if connection._peer is known and asked:
                engine.change(asked.pop())

        def seen(connection: Connection, flight: Flight) -> bool:
            if connection._peer is known:
                left.append(connection._peer.party)
            return sent(connection, flight)

        monkeypatch.setattr(Connection, "greet", greeted)
        monkeypatch.setattr(Connection, "_sent", seen)
        known = engine._table.peers["p2"]
        async with nodes["p1"].session("removed", timing="asynchronous"):
            with pytest.raises(NotInRoster):
                await nodes["p1"].ready(peers=["p2"])
        assert not asked
        assert not left


async def test_a_peer_is_added_while_a_session_goes_on_among_others(venue: Venue) -> None:
    configs = venue.configs(3, limits=LIMITS)
    small = {party: without(configs[party], "p3") for party in ("p1", "p2")}
    async with venue.opened(small) as nodes, opened(nodes, "among two", labels=True) as (p1, p2):
        await talk(p1, p2)
        with pytest.raises(NotInRoster):
            nodes["p1"].session("among three", parties=["p1", "p3"])
        async with node_of(configs["p3"]) as third:
            for party, node in nodes.items():
                await node.reload(configs[party])
                await talk(p1, p2)
            assert nodes["p1"].peers == ("p2", "p3")
            everybody = {**nodes, "p3": third}
            for node in everybody.values():
                await node.ready()
            async with opened(everybody, "among three", labels=True) as (q1, q2, q3):
                await talk(q1, q2, q3)
            await talk(p1, p2)


async def test_a_peer_is_removed_while_a_session_goes_on_among_others(venue: Venue) -> None:
    configs = venue.configs(3, limits=LIMITS)
    async with (
        venue.opened(configs) as nodes,
        opened(nodes, labels=True) as (p1, p2, p3),
        tasks() as beside,
    ):
        first, third = nodes["p1"], nodes["p3"]
        await talk(p1, p2, p3)
        with pytest.raises(Enough):
            async with third.session("early", parties=["p1", "p3"]) as early:
                await early.send("p1", b"of whom nobody knows")
                await until(lambda: len(first._engine._table.peers["p3"].early) == 1)
                removed = first._engine._table.peers["p3"]
                waiting = beside.start(lambda: p1.receive("p3", label=1))
                await beside.parked(p1)
                await first.reload(without(configs["p1"], "p3"))
                error = await waiting.error(PeerRemoved)
                assert (error.session, error.party) == (p1.id, "p3")
                assert (len(removed.early), removed.early.cost) == (0, 0)
                raise Enough
        with pytest.raises(PeerRemoved):
            await p1.send("p3", b"to nobody", label=0)
        with pytest.raises(NotInRoster):
            first.session("later", parties=["p1", "p3"])
        with pytest.raises(NotInRoster):
            await first.ready(peers=["p3"])
        await until(lambda: set(third._engine.missing(["p1", "p2"])) == {"p1"})
        await talk(p1, p2)
        await talk(p2, p3)
        assert first.peers == ("p2",)


async def test_a_peer_that_was_removed_can_be_added_again(venue: Venue) -> None:
    configs = venue.configs(2, limits=LIMITS)
    pair = notarised(configs["p1"]), notarised(configs["p2"])
    async with venue.opened(
        dict(zip(configs, pair, strict=True)), plugins=[NotaryPlugin()]
    ) as nodes:
        p1, p2 = nodes.values()
        other = {
            "id": "p3",
            **{key: pair[0]["peer"][0][key] for key in pair[0]["peer"][0] if key != "id"},
        }
        async with opened(nodes, "before", labels=True) as (here, there):
            await talk(here, there)
            await p1.reload({**pair[0], "peer": [other]})
            with pytest.raises(PeerRemoved):
                await here.receive("p2", label=0)
            await until(lambda: "p1" in p2._engine.missing(["p1"]))
            await p1.reload(pair[0])
            await p1.ready()
            await p2.ready()
            with pytest.raises(PeerRemoved):
                await here.receive("p2", label=0)
            async with opened(nodes, "after", labels=True) as (again, back):
                await talk(again, back)


async def test_ready_follows_the_roster(venue: Venue) -> None:
    """Who waits for everybody does not wait for one who was removed, and hears of one by name."""
    configs = venue.configs(3, limits=LIMITS)
    third = configs.pop("p3")
    async with venue.unready(configs) as nodes, tasks() as beside:
        everybody = beside.start(nodes["p1"].ready)
        named = beside.start(lambda: nodes["p1"].ready(peers=["p3"]))
        await until(lambda: not nodes["p1"]._engine.missing(["p2"]))
        assert not everybody.done
        await nodes["p1"].reload(without(configs["p1"], third["party"]["id"]))
        await everybody.result()
        await named.error(NotInRoster)
