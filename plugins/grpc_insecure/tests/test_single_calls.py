"""The reference wire without TLS keeps the contract of single calls."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from partywire.testing import SingleCallContract
from tests.loopback import Street, on_the_reference_wire, street

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from partywire.testing import Configs


class TestReferenceWire(SingleCallContract):
    patience = 30.0
    street: Street

    @asynccontextmanager
    async def network(self, parties: Sequence[str]) -> AsyncIterator[Configs]:
        self.street = on_the_reference_wire(street(parties))
        async with self.street.laid():
            yield self.street.configs

    async def cut(self, configs: Configs) -> None:
        self.street.pull()
