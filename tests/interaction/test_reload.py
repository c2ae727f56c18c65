"""A config that changes while its node runs: all of it counts, or nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from partywire.delivery.peers import UNCALLED
from partywire.errors import ConfigInvalid, NodeClosed, NotReady
from tests.interaction.notary import NotaryPlugin, notarised
from tests.interaction.reloads import LIMITS, talk, without
from tests.interaction.scenes import opened, tasks, until
from tests.interaction.venues import node_of, patience

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partywire import Node, Session
    from tests.interaction.venues import Config, Venue


def mistaken(config: Config, others_own: Config) -> Mapping[str, Config]:
    """Configs that must not be taken into use, by the key that is wrong."""
    first, *others = config["peer"]
    return {
        "party.id": others_own,
        "limits.window": {**config, "limits": {**config["limits"], "window": "1MiB"}},
        "limits.retry_first": {**config, "limits": {**config["limits"], "retry_first": "2ms"}},
        "router.plugin": {**config, "router": {"plugin": "elsewhere"}},
        "transport.plugin": {**config, "transport": {"plugin": "nowhere"}},
        "peer[0].adress": {**config, "peer": [{**first, "adress": "x"}, *others]},
        "peer": {**config, "peer": []},
        "verifier[0].plugin": {**config, "verifier": [{"plugin": "nobody"}]},
        "verifier[0].refuse": {**config, "verifier": [{"plugin": "notary", "refuse": []}]},
        "session.timing": {**config, "session": {"timing": "sometimes"}},
    }


async def test_a_config_with_a_mistake_changes_nothing(venue: Venue) -> None:
    configs = {
        party: notarised(config) for party, config in venue.configs(3, limits=LIMITS).items()
    }
    async with venue.opened(configs, plugins=[NotaryPlugin()]) as nodes:
        p1 = nodes["p1"]
        async with opened(nodes, labels=True) as sessions:
            wrong = mistaken(without(configs["p1"], "p3"), configs["p3"])
            for key, config in wrong.items():
                with pytest.raises(ConfigInvalid) as caught:
                    await p1.reload(config)
                assert [each.key for each in caught.value.mistakes] == [key]
                assert list(p1.peers) == ["p2", "p3"]
                await talk(*sessions)


async def test_what_a_transport_cannot_change_is_a_mistake_of_its_own(venue: Venue) -> None:
    configs = venue.configs(2, limits=LIMITS)
    async with venue.opened(configs) as nodes, opened(nodes, labels=True) as (here, there):
        transport = configs["p1"]["transport"]
        changed = {"listen": "127.0.0.1:1"} if "listen" in transport else {"network": "other"}
        with pytest.raises(ConfigInvalid, match="needs a restart") as caught:
            await nodes["p1"].reload({**configs["p1"], "transport": {**transport, **changed}})
        assert [each.key for each in caught.value.mistakes] == [f"transport.{next(iter(changed))}"]
        await talk(here, there)


async def test_whom_a_new_verifier_refuses_is_sent_away_in_both_directions(
    venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    configs = {
        party: notarised(config) for party, config in venue.configs(3, limits=LIMITS).items()
    }
    caplog.set_level(logging.INFO, "partywire")
    async with venue.opened(configs, plugins=[NotaryPlugin()]) as nodes:
        async with opened(nodes, labels=True) as (p1, p2, p3):
            await talk(p1, p2, p3)
            first, second = nodes["p1"], nodes["p2"]
            await first.reload(notarised(configs["p1"], refuses=["p2"]))
            await until(lambda: UNCALLED in first._engine.missing(["p2"]).get("p2", ""))
            await until(lambda: "refused by the notary" in first._engine.missing(["p2"])["p2"])
            await until(lambda: "refused" in second._engine.missing(["p1"]).get("p1", ""))
            await talk(p2, p3)
            await talk(p3, p1)
            ours = [
                record.getMessage()
                for record in caplog.records
                if "refused by the notary" in record.getMessage()
                and not record.getMessage().startswith(("refused a caller", "connection to p1"))
            ]
            said = "identity of p2 refused: refused by the notary"
            assert ours == [f"ended the connections with p2: {said}"]
            await first.reload(configs["p1"])
            for node in (first, second):
                await node.ready()
            await talk(p1, p2)


class Traffic:
    """A thousand messages each way, and a reload at both ends every fifty."""

    def __init__(self, nodes: Mapping[str, Node], configs: Mapping[str, Config]) -> None:
        self.nodes = nodes
        self.configs = configs

    async def send(self, here: Session, there: str) -> None:
        for number in range(1_000):
            await here.send(there, b"%d" % number, label=1)

    async def take(self, here: Session, there: str) -> list[int]:
        taken = []
        for number in range(1_000):
            taken.append(int(await here.receive(there, label=1)))
            if number % 50 == 0:
                await self.reload(2e12 + number)
        return taken

    async def reload(self, end: float) -> None:
        for party, node in self.nodes.items():
            (other,) = node.peers
            await node.reload(notarised(self.configs[party], until={other: end}))

    def connections(self) -> list[object]:
        engines = [node._engine for node in self.nodes.values()]
        return [engine._couriers[engine.peers[0]]._line for engine in engines]


async def test_a_thousand_messages_with_a_reload_every_few_lose_nothing(venue: Venue) -> None:
    """And no connection: who passes goes on by the one that stands."""
    configs = {
        party: notarised(config) for party, config in venue.configs(2, limits=LIMITS).items()
    }
    async with (
        venue.opened(configs, plugins=[NotaryPlugin()]) as nodes,
        opened(nodes, labels=True, timing="asynchronous") as (p1, p2),
        tasks() as beside,
    ):
        traffic = Traffic(nodes, configs)
        before = traffic.connections()
        sending = [beside.start(traffic.send, *ends) for ends in ((p1, "p2"), (p2, "p1"))]
        taking = [beside.start(traffic.take, *ends) for ends in ((p1, "p2"), (p2, "p1"))]
        for task in taking:
            assert await task.result() == list(range(1_000))
        for task in sending:
            await task.result()
        assert traffic.connections() == before
        assert p1.counters["p2"].retries == p2.counters["p1"].retries == 0


async def test_the_same_source_is_read_again(venue: Venue) -> None:
    configs = venue.configs(3, limits=LIMITS)
    mine: dict[str, Any] = without(configs["p1"], "p3")
    with patience():
        async with node_of(mine) as p1:
            await p1.reload()
            assert list(p1.peers) == ["p2"]
            mine["peer"] = configs["p1"]["peer"]
            await p1.reload()
            assert list(p1.peers) == ["p2", "p3"]
            with pytest.raises(NotReady):
                await p1.ready(peers=["p3"], timeout=0)


async def test_a_node_that_closes_changes_nothing(venue: Venue) -> None:
    configs = venue.configs(3, limits=LIMITS)
    with patience():
        async with node_of(configs["p1"]) as p1:
            pass
        with pytest.raises(NodeClosed):
            await p1.reload(without(configs["p1"], "p3"))
        assert list(p1.peers) == ["p2", "p3"]
