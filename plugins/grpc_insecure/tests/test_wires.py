"""Which wire a peer is on is the config's to say, and it has to fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest

from partywire import open_node
from partywire.config import load_config
from partywire.errors import ConfigInvalid
from partywire.plugins import Plugins
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from tests.loopback import Config


def config(wire: str = "reference", **transport: object) -> Config:
    port, reference = free_ports(2)
    found = config_of("p1", port, {"p2": 9}, limits={"shutdown_grace": "10ms"})
    found["transport"] |= {"reference_listen": f"127.0.0.1:{reference}", **transport}
    found["peer"][0]["wire"] = wire
    return found


def mistakes(content: Config) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(content, Plugins())
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def test_a_peer_on_the_reference_wire_has_somewhere_to_call() -> None:
    load_config(config(), Plugins())
    content = config()
    del content["transport"]["reference_listen"]
    found = mistakes(content)
    assert list(found) == ["peer[0].wire"]
    assert "set transport.reference_listen" in found["peer[0].wire"]
    content["peer"][0]["wire"] = "fast"
    load_config(content, Plugins())


def test_each_wire_has_a_port_of_its_own() -> None:
    content = config()
    content["transport"]["reference_listen"] = content["transport"]["listen"]
    assert list(mistakes(content)) == ["transport.reference_listen"]


def test_there_are_two_wires() -> None:
    assert '"fast" or "reference"' in mistakes(config("slow"))["peer[0].wire"]


def test_its_port_is_of_this_machine_alone() -> None:
    assert list(mistakes(config(reference_listen="0.0.0.0:7000"))) == ["transport.reference_listen"]


@pytest.mark.parametrize("change", ["wire", "reference_listen"])
async def test_a_wire_and_its_port_do_not_change_while_a_node_runs(change: str) -> None:
    content: Any = config("fast")
    with anyio.fail_after(20):
        async with open_node(content) as node:
            if change == "wire":
                content["peer"][0]["wire"] = "reference"
            else:
                content["transport"]["reference_listen"] = "127.0.0.1:10"
            with pytest.raises(ConfigInvalid, match=f"{change}.*this needs a restart"):
                await node.reload(content)
