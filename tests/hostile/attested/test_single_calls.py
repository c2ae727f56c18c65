"""The reference wire beside proofs: refused when a node opens, when it reloads, and at its desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
import pytest
from anyio import to_thread

from partywire import open_node
from partywire.errors import ConfigInvalid
from partywire.node.counterpart import NO_HELLO
from partywire_grpc.certificates.files import write_private
from partywire_grpc.reference.requests import encode_request
from tests.attested_town import Town
from tests.certificates.contexts import client_context
from tests.hostile.attested.estate import built
from tests.hostile.port.http2 import END_STREAM, HOST, data, message, raider
from tests.hostile.tls.village import LIMITS
from tests.interaction.scenes import until
from tests.loopback import config_of, free_ports
from tests.reference.foreign import foreign, health_tag, tag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.certificates.building import Held
    from tests.hostile.attested.estate import Estate
    from tests.loopback import Config

PATIENCE: Final = 40.0
PERMISSION_DENIED: Final = 7
SERVICE: Final = "/ddec_networking.gnetworking/"
METHODS: Final = ("SendValue", "HealthCheck")
UNBOUND: Final = r"level \({}\): the reference wire has no hello"


@pytest.fixture(scope="module")
def estate(private: Path) -> Estate:
    return built(private, level="bound")


@pytest.fixture
def config(estate: Estate) -> Config:
    """That of alice, who takes single calls of carol: her certificate is enough."""
    ports = dict(zip(estate.peers, free_ports(len(estate.peers)), strict=True))
    config = config_of("alice", ports["alice"], ports, estate, limits=LIMITS, **estate.own("alice"))
    config["transport"]["reference_listen"] = f"{HOST}:{free_ports(1)[0]}"
    on_reference(config, "carol", level="certificate")
    return config


def on_reference(config: Config, party: str, **more: object) -> Config:
    """The config, with that peer on the reference wire."""
    (peer,) = (peer for peer in config["peer"] if peer["id"] == party)
    peer |= {"wire": "reference", **more}
    return config


def reference_port(config: Config) -> int:
    return int(config["transport"]["reference_listen"].rpartition(":")[2])


async def status(config: Config, estate: Estate, party: str, method: str) -> int | None:
    """How a call ends that a party makes at the reference port, with its own certificate."""
    shown = await to_thread.run_sync(estate.enclave(party).shows)
    context = await to_thread.run_sync(client_context, shown)
    said = tag(1, party, 0) if method == "SendValue" else health_tag(party)
    body = encode_request(bytes.fromhex(said), b"a share")
    async with raider(reference_port(config), context) as caller:
        await caller.opens(party, path=SERVICE + method)
        await caller.send(data(message(body), flags=END_STREAM))
        return await caller.status()


CHANGES: dict[str, tuple[str, Callable[[Config], object]]] = {
    "who is on that wire has to prove itself": (
        "carol",
        lambda config: on_reference(config, "carol", level="bound"),
    ),
    "who has to prove itself is put on that wire": (
        "bob",
        lambda config: on_reference(config, "bob"),
    ),
    "who has to prove itself comes in on that wire": (
        "dora",
        lambda config: config["peer"].append(
            {**config["peer"][0], "id": "dora", "wire": "reference"}
        ),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_it_is_refused_at_a_reload_and_nothing_changes(
    name: str, config: Config, estate: Estate
) -> None:
    party, change = CHANGES[name]
    changed = {**config, "peer": [dict(peer) for peer in config["peer"]]}
    change(changed)
    with anyio.fail_after(PATIENCE):
        async with open_node(config) as node:
            with pytest.raises(ConfigInvalid, match=UNBOUND.format(party)):
                await node.reload(changed)
            assert "dora" not in node.peers
            assert node._engine._parts.transport.unary("carol")
            assert not node._engine._parts.transport.unary("bob")
            assert await status(config, estate, "bob", "SendValue") == PERMISSION_DENIED


@pytest.mark.parametrize("method", METHODS)
async def test_who_is_not_on_that_wire_is_refused_at_the_desk(
    method: str,
    config: Config,
    estate: Estate,
    caplog: pytest.LogCaptureFixture,
    every_refusal: None,
) -> None:
    with anyio.fail_after(PATIENCE):
        async with open_node(config):
            assert await status(config, estate, "bob", method) == PERMISSION_DENIED
    refused = [line for line in caplog.messages if line.startswith("refused a call from")]
    assert len(refused) == 1
    assert "bob: calls on the reference wire, and not by this config" in refused[0]


class Hearsay:
    """Nodes of p1 whose verifier is somebody else's: it challenges all, and checks no keys."""

    def __init__(self, folder: Path) -> None:
        self.town = Town(folder, "P-256", ("p1", "p2", "p3"), bound=True)
        self.config: Config = self.town.configs["p1"]
        self.config["transport"]["reference_listen"] = f"{HOST}:{free_ports(1)[0]}"
        self._folder = folder

    def without(self, party: str) -> Config:
        peers = [peer for peer in self.config["peer"] if peer["id"] != party]
        return {**self.config, "peer": peers}

    def shows(self, party: str) -> dict[str, str]:
        """What a process of that party shows, and that it knows p1."""
        files = [
            self._written(each, self.town.forge.maker(each).made[-1]) for each in (party, "p1")
        ]
        (certificate, key), (trusted, _) = files
        return {
            "certificate": certificate,
            "private_key": key,
            "trusted": trusted,
            "name": "p1",
        }

    def _written(self, party: str, held: Held) -> tuple[str, str]:
        certificate, key = (self._folder / f"{party}_shown.{end}" for end in ("crt", "key"))
        certificate.write_bytes(held.pem)
        write_private(key, held.key_pem)
        return str(certificate), str(key)


@pytest.fixture
async def hearsay(tmp_path: Path) -> Hearsay:
    there = await to_thread.run_sync(Hearsay, tmp_path)
    on_reference(there.config, "p3")
    return there


async def test_a_verifier_of_somebody_else_is_asked_when_the_node_opens(hearsay: Hearsay) -> None:
    with pytest.raises(ConfigInvalid, match=f"the wire of p3: it {NO_HELLO}"):
        async with hearsay.town.node("p1"):
            pytest.fail("it opened")


async def test_who_comes_in_by_a_reload_is_refused_at_the_desk_and_sent_nothing(
    hearsay: Hearsay, caplog: pytest.LogCaptureFixture, every_refusal: None
) -> None:
    """Its wire is known to the transport alone, once that has taken the config into use."""
    (place,) = (peer["address"] for peer in hearsay.config["peer"] if peer["id"] == "p3")
    shown = await to_thread.run_sync(hearsay.shows, "p3")
    node = open_node(hearsay.without("p3"), plugins=[hearsay.town.forge])
    with anyio.fail_after(PATIENCE):
        async with (
            foreign("server", int(place.rpartition(":")[2]), shown) as served,
            node as p1,
        ):
            await p1.reload(hearsay.config)
            async with foreign("client", reference_port(hearsay.config), shown) as calling:
                value = await calling.call("SendValue", tag=tag(1, "p3", 0), size=3)
                check = await calling.call("HealthCheck", tag=health_tag("p3"))
            p1._engine.want(["p3"])
            await until(lambda: NO_HELLO in str(p1._engine.missing(["p3"])))
            await served.answer("")  # the first that it says: nobody has called
    for code, _ in (value, check):
        assert code == "PERMISSION_DENIED"
    refused = [line for line in caplog.messages if line.startswith("refused a call from")]
    assert len(refused) == len(METHODS)
    assert all(f"p3: {NO_HELLO}" in line for line in refused)
