"""The insecure transport runs behind its switches, and says so."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import pytest

from partywire import open_node
from partywire.config import load_config
from partywire.errors import ConfigInvalid, Rejected
from partywire.identity import ClaimedIdentity
from partywire.plugins import Plugins
from partywire.testing import PluginContract
from partywire_grpc_insecure import plugin
from tests.loopback import Config, config_of, free_ports, street

if TYPE_CHECKING:
    from collections.abc import Mapping


def config(**transport: object) -> Config:
    (port,) = free_ports(1)
    found = config_of("p1", port, {"p2": 9}, limits={"shutdown_grace": "10ms"})
    found["transport"].update(transport)
    return found


class TestPlugin(PluginContract):
    plugin: ClassVar[object] = plugin
    kind = "transport"
    name = "grpc-insecure"
    distribution = "partywire-grpc-insecure"

    def config(self) -> Mapping[str, Any]:
        return config(allow_insecure_beyond_loopback=False)


def refused(content: Mapping[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(content, Plugins())
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def test_it_does_not_run_without_its_switch() -> None:
    assert list(refused(config(allow_insecure=False))) == ["transport.allow_insecure"]


def test_it_runs_beside_no_verifier() -> None:
    mistakes = refused({**config(), "verifier": [{"plugin": "x509"}]})
    assert "verifier[0]" in mistakes


def test_what_is_trusted_has_the_switches_and_wires() -> None:
    given = config(allow_insecure_beyond_loopback=True, reference_listen="127.0.0.1:7001")
    given["peer"][0]["wire"] = "reference"
    read = load_config(given, Plugins())
    assert plugin.trusted(read.setting(read.transport)) == [
        "allow_insecure true",
        "allow_insecure_beyond_loopback true",
        "p2 wire reference",
    ]
    read = load_config(config(), Plugins())
    assert plugin.trusted(read.setting(read.transport)) == [
        "allow_insecure true",
        "allow_insecure_beyond_loopback false",
        "p2 wire fast",
    ]


@pytest.mark.parametrize("listen", ["0.0.0.0:7000", "[::]:7000", "10.0.0.7:7000", "alice:7000"])
def test_it_does_not_listen_beyond_loopback_without_its_third_switch(listen: str) -> None:
    mistakes = refused(config(listen=listen))
    assert list(mistakes) == ["transport.listen"]
    assert "allow_insecure_beyond_loopback" in mistakes["transport.listen"]
    load_config(config(listen=listen, allow_insecure_beyond_loopback=True), Plugins())


async def test_it_calls_nobody_beyond_loopback_without_its_third_switch() -> None:
    content = {**config(), "peer": [{"id": "p2", "address": "bob.example:7000"}]}
    with pytest.raises(
        ConfigInvalid, match=r"peer\[0\]\.address \(p2\): bob\.example:7000 is not of this"
    ):
        async with open_node(content):
            pytest.fail("opened")


def test_an_address_out_of_shape_is_a_mistake_with_its_key() -> None:
    content = {**config(listen="unix:/tmp/x"), "peer": [{"id": "p2", "address": "p2"}]}
    assert list(refused(content)) == ["transport.listen", "peer[0].address"]


async def test_every_start_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), anyio.fail_after(10):
        async with open_node(config()):
            pass
    said = [record for record in caplog.records if "INSECURE" in record.message]
    assert len(said) == 1
    assert "p1 runs without TLS" in said[0].message


async def test_an_address_that_is_taken_is_named() -> None:
    content = config()
    with anyio.fail_after(20):
        async with open_node(content):
            with pytest.raises(Rejected, match=r"p1: cannot listen at 127\.0\.0\.1"):
                async with open_node(content):
                    pytest.fail("opened twice")


async def test_the_same_program_runs_over_it() -> None:
    place = street(["alice", "bob"])
    alice, bob = place.configs.values()
    with anyio.fail_after(20):
        async with place.laid(), open_node(alice) as here, open_node(bob) as there:
            async with here.session(1) as mine, there.session(1) as theirs:
                await mine.send("bob", b"over a socket")
                assert await theirs.receive("alice") == b"over a socket"


def test_identities_over_it_are_claims() -> None:
    loaded = load_config(config(), Plugins())
    assert loaded.transport.descriptor.insecure
    assert ClaimedIdentity.__mro__[1].__name__ == "Identity"
