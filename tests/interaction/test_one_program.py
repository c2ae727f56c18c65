"""One program, unchanged, over whichever transport its config file names."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

import partywire
from tests.certificates.wallet import common_wallet
from tests.interaction.scenes import together
from tests.interaction.venues import patience
from tests.loopback import free_ports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PARTIES = ("alice", "bob", "carol")


def in_memory() -> dict[str, str]:
    """The text of each party's config file."""
    transport = 'plugin = "inmemory"\nnetwork = "one-program"\n'
    return {party: config(party, transport, dict.fromkeys(PARTIES, "")) for party in PARTIES}


def over_grpc() -> dict[str, str]:
    """The text of each party's config file."""
    places = addresses()
    peers = {party: f'address = "{place}"\n' for party, place in places.items()}
    return {
        party: config(
            party,
            f'plugin = "grpc-insecure"\nallow_insecure = true\nlisten = "{place}"\n',
            peers,
        )
        for party, place in places.items()
    }


def over_mutual_tls() -> dict[str, str]:
    """The text of each party's config file; the files that it names are made, too."""
    wallet, places = common_wallet(*PARTIES), addresses()
    shown = {party: f'certificate = "{wallet.certificate(party)}"\n' for party in PARTIES}
    peers = {party: f'address = "{place}"\n{shown[party]}' for party, place in places.items()}
    return {
        party: config(
            party,
            f'plugin = "grpc-mtls"\nlisten = "{place}"\n{shown[party]}'
            f'private_key = "{wallet.certificate(party).with_suffix(".key")}"\n',
            peers,
            '\n[[verifier]]\nplugin = "x509"\n',
        )
        for party, place in places.items()
    }


def addresses() -> dict[str, str]:
    ports = free_ports(len(PARTIES))
    return {party: f"127.0.0.1:{port}" for party, port in zip(PARTIES, ports, strict=True)}


def config(party: str, transport: str, peers: Mapping[str, str], tables: str = "") -> str:
    """The text of a config file, by the lines of its tables."""
    return f'[party]\nid = "{party}"\n\n[transport]\n{transport}{tables}' + "".join(
        f'\n[[peer]]\nid = "{peer}"\n{lines}' for peer, lines in peers.items() if peer != party
    )


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


@pytest.fixture(params=[in_memory, over_grpc, over_mutual_tls])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    """Each party's config file."""
    paths = []
    for party, text in request.param().items():
        paths.append(tmp_path / f"{party}.toml")
        paths[-1].write_text(text, "utf-8")
    return paths


async def test_the_config_file_alone_picks_the_transport(files: list[Path]) -> None:
    programs = [partial(program, path, number) for number, path in enumerate(files, 1)]
    with patience():
        assert await together(*programs) == [6, 6, 6]
