"""The insecure transport keeps the contract of transports, on uvloop too."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from partywire.delivery.limits import MIB
from partywire.testing import TransportContract
from tests.loopback import Street, street
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from partywire.testing import Config, Configs


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return BACKENDS[request.param]


class TestInsecure(TransportContract):
    most_unanswered = 24 * MIB
    patience = 30.0
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
