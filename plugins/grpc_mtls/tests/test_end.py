"""A connection ends with the certificate that it was made by, at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest
from anyio import to_thread

from partywire import open_node
from partywire.errors import NotReady
from tests.certificates.wallet import Wallet
from tests.interaction.scenes import moment
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from pathlib import Path

    from partywire import Node

PATIENCE = 30.0
LIFETIME = 4.0
"""Seconds; certificates know whole ones."""
NAMES = ("p1", "p2")


def deployment(folder: Path) -> tuple[dict[str, object], dict[str, object]]:
    """The configs of two parties, the second of whom has a certificate that ends soon."""
    wallet = Wallet(folder)
    wallet.renew("p2", LIFETIME)
    ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
    one, other = (config_of(party, ports[party], ports, wallet) for party in NAMES)
    return one, other


async def lost(node: Node) -> str:
    """Wait until a node is not connected to everybody any more, and return why."""
    while True:
        try:
            await node.ready(timeout=0)
        except NotReady as problem:
            return str(problem)
        await moment()


async def test_a_live_connection_ends_with_its_certificate(tmp_path: Path) -> None:
    one, other = await to_thread.run_sync(deployment, tmp_path)
    with anyio.fail_after(PATIENCE):
        async with open_node(one) as p1, open_node(other) as p2:
            await p1.ready()
            await p2.ready()
            assert "p2" in await lost(p1)
            assert "p1" in await lost(p2)
            with pytest.raises(NotReady, match="expired at"):
                await p1.ready(timeout=0.5)
