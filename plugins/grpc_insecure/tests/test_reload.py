"""Addresses that change while the node runs, within the bounds that hold when it is opened."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from partywire import Node, open_node
from partywire.errors import ConfigInvalid, NotReady
from tests.loopback import Config, config_of, free_ports

LIMITS = {"shutdown_grace": "2s", "retry_first": "1ms"}


@pytest.fixture
def places() -> dict[str, int]:
    """Where p1 and p2 listen; p3 is nowhere."""
    return dict(zip(("p1", "p2", "p3"), free_ports(3), strict=True))


def moved(config: Config, *, peer: str = "", **transport: Any) -> Config:
    """The same config, with another address of the first peer, and other keys of the transport."""
    first, *others = config["peer"]
    return {
        **config,
        "transport": {**config["transport"], **transport},
        "peer": [{**first, "address": peer or first["address"]}, *others],
    }


async def test_a_peer_that_has_moved_is_found_at_its_new_address(places: dict[str, int]) -> None:
    wrong = {**places, "p2": places["p3"]}
    del places["p3"], wrong["p3"]
    with anyio.fail_after(20):
        async with (
            open_node(config_of("p1", places["p1"], wrong, limits=LIMITS)) as p1,
            open_node(config_of("p2", places["p2"], places, limits=LIMITS)) as p2,
        ):
            with pytest.raises(NotReady, match="p2"):
                await p1.ready(timeout=0.05)
            await p1.reload(config_of("p1", places["p1"], places, limits=LIMITS))
            await p1.ready()
            await _talk(p1, p2)


async def test_a_connection_that_stands_stays_when_the_address_changes(
    places: dict[str, int],
) -> None:
    nowhere = f"127.0.0.1:{places.pop('p3')}"
    config = config_of("p1", places["p1"], places, limits=LIMITS)
    with anyio.fail_after(20):
        async with (
            open_node(config) as p1,
            open_node(config_of("p2", places["p2"], places, limits=LIMITS)) as p2,
        ):
            await p1.ready()
            await p1.reload(moved(config, peer=nowhere))
            await _talk(p1, p2)
            await p1.ready(timeout=0)


async def test_the_loopback_stays_the_bound_unless_the_third_switch_is_on(
    places: dict[str, int],
) -> None:
    config = config_of("p1", places["p1"], places, limits=LIMITS)
    far = "10.0.0.7:7000"
    with anyio.fail_after(20):
        async with open_node(config) as p1:
            with pytest.raises(ConfigInvalid, match="allow_insecure_beyond_loopback") as caught:
                await p1.reload(moved(config, peer=far))
            assert [each.key for each in caught.value.mistakes] == ["peer[0].address"]
            await p1.reload(moved(config, peer=far, allow_insecure_beyond_loopback=True))


async def test_where_it_listens_needs_a_restart(places: dict[str, int]) -> None:
    config = config_of("p1", places["p1"], places, limits=LIMITS)
    with anyio.fail_after(20):
        async with open_node(config) as p1:
            with pytest.raises(ConfigInvalid, match=r"transport.listen: .* needs a restart"):
                await p1.reload(moved(config, listen="127.0.0.1:1"))


async def _talk(p1: Node, p2: Node) -> None:
    async with p1.session(1) as here, p2.session(1) as there:
        await here.send("p2", b"found")
        assert await there.receive("p1") == b"found"
