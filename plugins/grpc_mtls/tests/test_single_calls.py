"""The reference wire over mutual TLS keeps the contract of single calls."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from partywire.testing import SingleCallContract
from tests.certificates.wallet import common_wallet
from tests.loopback import Street, on_the_reference_wire, street

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from partywire.testing import Config, Configs

WALLET = common_wallet("mallory", "p1", "p2", "p3")


class TestReferenceWire(SingleCallContract):
    patience = 30.0
    street: Street

    @asynccontextmanager
    async def network(self, parties: Sequence[str]) -> AsyncIterator[Configs]:
        self.street = on_the_reference_wire(street(parties, WALLET))
        async with self.street.laid():
            yield self.street.configs

    async def cut(self, configs: Configs) -> None:
        self.street.pull()

    def impostor(self, configs: Configs, party: str) -> Config:
        """One with that party's place, and the certificate of somebody else."""
        config: dict[str, Any] = {**configs[party]}
        files = {key: WALLET.transport("mallory")[key] for key in ("certificate", "private_key")}
        config["transport"] = {**config["transport"], **files}
        config["party"] = {"id": "mallory"}
        return config
