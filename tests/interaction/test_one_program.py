"""One program, unchanged, over whichever transport its config file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

import partywire
from tests.interaction.scenes import together
from tests.interaction.venues import patience
from tests.loopback import free_ports

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PARTIES = ("alice", "bob", "carol")


def in_memory() -> dict[str, str]:
    """The text of each party's config file."""
    transport = '[transport]\nplugin = "inmemory"\nnetwork = "one-program"\n'
    return {
        party: f'[party]\nid = "{party}"\n\n{transport}'
        + "".join(f'\n[[peer]]\nid = "{peer}"\n' for peer in PARTIES if peer != party)
        for party in PARTIES
    }


def over_grpc() -> dict[str, str]:
    """The text of each party's config file."""
    places = {
        party: f"127.0.0.1:{port}"
        for party, port in zip(PARTIES, free_ports(len(PARTIES)), strict=True)
    }
    transport = '[transport]\nplugin = "grpc-insecure"\nallow_insecure = true\n'
    return {
        party: f'[party]\nid = "{party}"\n\n{transport}listen = "{places[party]}"\n'
        + "".join(
            f'\n[[peer]]\nid = "{peer}"\naddress = "{places[peer]}"\n'
            for peer in PARTIES
            if peer != party
        )
        for party in PARTIES
    }


async def program(config: Path, number: int) -> int:
    """Add up everybody's number by additive shares; nobody sees another one's."""
    async with partywire.open_node(config) as node:
        await node.ready(timeout=30)
        async with node.session("sum") as session:
            blind = {peer: 1_000 * at + number for at, peer in enumerate(session.peers, 1)}
            rest = number - sum(blind.values())
            shares = await session.exchange({p: str(b).encode() for p, b in blind.items()})
            session.next_round()
            part = rest + sum(int(share) for share in shares.values())
            await session.send_to_all(str(part).encode())
            parts = await session.gather()
            return part + sum(int(other) for other in parts.values())


@pytest.mark.parametrize("written", [in_memory, over_grpc])
async def test_the_config_file_alone_picks_the_transport(
    written: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    programs = []
    for number, (party, text) in enumerate(written().items(), 1):
        path = tmp_path / f"{party}.toml"
        await anyio.Path(path).write_text(text, "utf-8")
        programs.append(lambda path=path, number=number: program(path, number))
    with patience():
        assert await together(*programs) == [6, 6, 6]
