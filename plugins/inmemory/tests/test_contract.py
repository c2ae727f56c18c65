"""The in-memory transport keeps the contract of transports, with objects and with bytes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, ClassVar, cast

from partywire.delivery.limits import MIB
from partywire.testing import TransportContract
from partywire_inmemory import config_of
from partywire_inmemory.handles import network_named

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from partywire.testing import Config, Configs

_numbers = count()


def network_of(configs: Configs) -> str:
    table = cast("Mapping[str, str]", next(iter(configs.values()))["transport"])
    return table["network"]


class TestObjects(TransportContract):
    most_unanswered = 1 * MIB
    encode: ClassVar[bool] = False

    @asynccontextmanager
    async def network(self, parties: Sequence[str]) -> AsyncIterator[Configs]:
        name = f"contract-{next(_numbers)}"
        yield {party: config_of(party, parties, name, encode=self.encode) for party in parties}

    async def cut(self, configs: Configs) -> None:
        network = network_named(network_of(configs))
        for party in configs:
            handle, _ = network.find(party)
            for hang_up in list(handle.hang_up.values()):
                hang_up()

    def stranger(self, configs: Configs) -> Config:
        return config_of("mallory", ["mallory", *configs], network_of(configs), encode=self.encode)


class TestBytes(TestObjects):
    encode = True
