"""A peer whose certificate nobody has configured gets in: after its knock it is looked at."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from cryptography.hazmat.primitives.serialization import Encoding

from partywire import open_node
from partywire_grpc.certificates.making import self_signed
from tests.certificates.pins import Pins
from tests.certificates.wallet import Wallet
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 50.0
NAMES = ("p1", "p2")


def renew(wallet: Wallet, pins: Pins, party: str) -> None:
    """Give a party a new certificate, in its files and among the pins."""
    made = self_signed(party, now=time.time())
    path = wallet.certificate(party)
    path.write_bytes(made.certificate_pem)
    path.with_suffix(".key").write_bytes(made.key_pem)
    pins.leaves[party] = {made.certificate.public_bytes(Encoding.DER)}


class Town:
    """Two parties, whose configs name no certificate of the other."""

    def __init__(self, folder: Path) -> None:
        self.wallet, self.pins = Wallet(folder), Pins()
        ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        self.configs = {party: self._config(party, ports) for party in NAMES}
        for party in NAMES:
            renew(self.wallet, self.pins, party)

    def _config(self, party: str, ports: dict[str, int]) -> dict[str, Any]:
        config = config_of(party, ports[party], ports, self.wallet)
        for peer in config["peer"]:
            del peer["certificate"]
        return {**config, "verifier": [{"plugin": "pins"}]}

    def node(self, party: str) -> Any:
        return open_node(self.configs[party], plugins=[self.pins])


async def test_a_caller_that_was_never_called_gets_in(tmp_path: Path) -> None:
    town = await to_thread.run_sync(Town, tmp_path)
    with anyio.fail_after(PATIENCE):
        async with town.node("p1") as p1, town.node("p2") as p2:
            async with p1.session(1, timing="asynchronous") as here:
                await here.send("p2", b"knock, knock")
                async with p2.session(1, timing="asynchronous") as there:
                    assert await there.receive("p1") == b"knock, knock"


async def test_a_peer_that_was_started_anew_with_another_certificate_gets_in(
    tmp_path: Path,
) -> None:
    town = await to_thread.run_sync(Town, tmp_path)
    with anyio.fail_after(PATIENCE):
        async with town.node("p2") as p2:
            for life in range(3):
                async with town.node("p1") as p1:
                    async with p1.session(life, timing="asynchronous") as here:
                        await here.send("p2", b"%d" % life)
                        async with p2.session(life, timing="asynchronous") as there:
                            assert await there.receive("p1") == b"%d" % life
                await to_thread.run_sync(renew, town.wallet, town.pins, "p1")
