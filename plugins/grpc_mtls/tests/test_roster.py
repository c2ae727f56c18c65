"""Peers come and go, and other certificates of theirs count, while the node runs."""

from __future__ import annotations

from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from partywire import Node, open_node
from partywire.delivery.peers import UNCALLED
from tests.certificates.wallet import Wallet
from tests.interaction.scenes import until
from tests.loopback import Config, config_of, free_ports
from tests.loops import BACKENDS

LIMITS = {"shutdown_grace": "2s", "retry_first": "1ms"}
NAMES = ("p1", "p2", "p3")


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return BACKENDS[request.param]


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return Wallet(tmp_path)


@pytest.fixture
def configs(wallet: Wallet) -> dict[str, Config]:
    places = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
    return {
        party: config_of(party, port, places, wallet, limits=LIMITS)
        for party, port in places.items()
    }


def without(config: Config, party: str) -> Config:
    return {**config, "peer": [peer for peer in config["peer"] if peer["id"] != party]}


def renewed(wallet: Wallet, party: str) -> None:
    """Another certificate, with another key, is all that is known of that party from now on."""
    made = wallet.renew(party)
    Path(wallet.peer(party)["certificate"]).write_bytes(made.certificate_pem)


async def test_a_party_joins_and_goes(configs: dict[str, Config]) -> None:
    with anyio.fail_after(30):
        async with (
            open_node(without(configs["p1"], "p3")) as p1,
            open_node(without(configs["p2"], "p3")) as p2,
            open_node(configs["p3"]) as p3,
        ):
            await p1.ready()
            async with (
                p1.session(1, labels=True) as here,
                p2.session(1, labels=True) as there,
            ):
                await p1.reload(configs["p1"])
                await p1.ready()
                await p3.ready(peers=["p1"])
                await _talk(p1, p3)
                await p1.reload(without(configs["p1"], "p3"))
                await here.send("p2", b"among two", label=0)
                assert await there.receive("p1", label=0) == b"among two"
            await until(lambda: bool(p3._engine.missing(["p1"])))


async def test_a_peer_with_another_certificate_is_let_in_once_it_is_configured(
    configs: dict[str, Config], wallet: Wallet
) -> None:
    """And the connection that was proved by the old one ends, in both directions."""
    with anyio.fail_after(30):
        async with open_node(without(configs["p1"], "p3")) as p1:
            async with open_node(without(configs["p2"], "p3")) as p2:
                await p1.ready()
                await p2.ready()
                await anyio.to_thread.run_sync(renewed, wallet, "p2")
                await p1.reload()
                missing = p1._engine.missing
                await until(lambda: "p2 refused" in missing(["p2"]).get("p2", ""))
                await until(lambda: UNCALLED in missing(["p2"])["p2"])
            async with open_node(without(configs["p2"], "p3")) as p2:
                await p1.ready()
                await p2.ready()
                await _talk(p1, p2)


async def _talk(one: Node, other: Node) -> None:
    parties = [one.party, other.party]
    async with (
        one.session("a talk", parties=parties) as here,
        other.session("a talk", parties=parties) as there,
    ):
        await here.send(other.party, b"proved")
        assert await there.receive(one.party) == b"proved"
