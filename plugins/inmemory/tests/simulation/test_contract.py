"""The simulated transport keeps the contract of transports, over links that are good and bad.

All of it on virtual time, so that nothing here depends on how fast the machine is.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from partywire import Surroundings
from partywire.delivery.agenda import Agenda
from partywire.delivery.limits import MIB
from partywire.node.clockwork import run_agenda
from partywire.session.lifetimes import background
from partywire.testing import TransportContract
from partywire_inmemory import Log, virtual_backend
from partywire_inmemory.simulation.clock import overseen
from partywire_inmemory.simulation.links import Conditions
from partywire_inmemory.simulation.network import SimulatedNetwork
from partywire_inmemory.simulation.transport import SimulatedPlugin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from partywire.testing import Config, Configs

BACKENDS = ("asyncio", "trio")


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual_backend(request.param)


class Networks:
    """The network that is open now: there is one at a time."""

    def __init__(self) -> None:
        self.now: SimulatedNetwork

    def get(self) -> SimulatedNetwork:
        return self.now


def timers_only(until: float | None) -> float:
    assert until is not None, "everybody waits, and no timer is left"
    return until


def config_of(party: str, parties: Sequence[str]) -> Config:
    return {
        "party": {"id": party},
        "transport": {"plugin": "simulated"},
        "peer": [{"id": other} for other in parties if other != party],
    }


class TestGoodLinks(TransportContract):
    networks: ClassVar[Networks] = Networks()
    plugins = (SimulatedPlugin(networks.get),)
    most_unanswered = 6 * MIB
    patience = 600.0
    quiet = 60.0
    conditions: ClassVar[Conditions] = Conditions()

    @asynccontextmanager
    async def network(self, parties: Sequence[str]) -> AsyncIterator[Configs]:
        agenda = Agenda(Surroundings().clock())
        self.networks.now = SimulatedNetwork(agenda, Log({}), lambda *_: self.conditions, seed=1)
        async with background() as group, overseen(timers_only):
            group.start_soon(run_agenda, agenda)
            yield {party: config_of(party, parties) for party in parties}

    async def cut(self, configs: Configs) -> None:
        for connection in self.networks.now.through(lambda *_: True):
            connection.fail("cut by this test")

    def stranger(self, configs: Configs) -> Config:
        return config_of("mallory", ["mallory", *configs])


class TestLongLinks(TestGoodLinks):
    conditions = Conditions(latency=0.05, jitter=0.02, bandwidth=1e6)


class TestBadLinks(TestGoodLinks):
    conditions = Conditions(latency=0.05, jitter=0.2, bandwidth=1e7, loss=0.1)
