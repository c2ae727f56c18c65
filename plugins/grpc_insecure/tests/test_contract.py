"""The insecure transport keeps the contract of transports."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from partywire.delivery.limits import MIB
from partywire.testing import TransportContract
from tests.loopback import Street, street

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from partywire.testing import Config, Configs


class TestInsecure(TransportContract):
    most_unanswered = 24 * MIB
    street: Street

    @asynccontextmanager
    async def network(self, parties: Sequence[str]) -> AsyncIterator[Configs]:
        self.street = street(parties, limits={"window": "4MiB"})
        async with self.street.laid():
            yield self.street.configs

    async def cut(self, configs: Configs) -> None:
        self.street.pull()

    def stranger(self, configs: Configs) -> Config:
        return self.street.stranger()
