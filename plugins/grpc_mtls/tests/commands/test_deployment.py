"""What ``init`` makes is a deployment: it checks, and its nodes talk over mutual TLS."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio import to_thread
from click.testing import CliRunner

from partywire import open_node
from partywire_cli.main import main
from tests.loopback import free_ports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from click.testing import Result

TOWN = ("alice", "bob", "east.alice")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def made_for_all(folder: Path, *options: str) -> None:
    ports = free_ports(len(TOWN))
    parties = [f"--party={party}=127.0.0.1:{port}" for party, port in zip(TOWN, ports, strict=True)]
    assert run("init", folder, *parties, *options).exit_code == 0


def made_by_each(folder: Path, *options: str) -> None:
    """Each makes its own, and they exchange certificates."""
    places = dict(zip(TOWN, free_ports(len(TOWN)), strict=True))
    for own in TOWN:
        peers = [f"--peer={p}=127.0.0.1:{port}" for p, port in places.items() if p != own]
        party = f"--party={own}=127.0.0.1:{places[own]}"
        assert run("init", "--self", folder, party, *peers, *options).exit_code == 0
    for own in TOWN:
        assert f"{len(TOWN) - 1} mistakes" in checked(folder, own).output
        for other in TOWN:
            if other != own:
                shutil.copy(folder / other / f"{other}.crt", folder / own)


def checked(folder: Path, party: str) -> Result:
    return run("check", folder / party / f"{party}.toml")


def all_checked(folder: Path, parties: Sequence[str]) -> None:
    for party in parties:
        result = checked(folder, party)
        assert result.exit_code == 0, result.output
        assert "own certificate: ends in 36" in result.output


async def exchanged(folder: Path) -> None:
    """All of them exchange something in one session."""
    got: dict[str, dict[str, bytes]] = {}

    async def take_part(party: str) -> None:
        async with open_node(folder / party / f"{party}.toml") as node:
            await node.ready()
            async with node.session("a test") as session:
                answers = await session.exchange({peer: party.encode() for peer in session.peers})
                got[party] = dict(answers)

    with anyio.fail_after(40):
        async with anyio.create_task_group() as group:
            for party in TOWN:
                group.start_soon(take_part, party)
    assert got == {
        party: {other: other.encode() for other in TOWN if other != party} for party in TOWN
    }


@pytest.mark.parametrize("options", [[], ["--ca"]], ids=["self-signed", "CA"])
async def test_a_deployment_for_tests_runs(tmp_path: Path, options: list[str]) -> None:
    await to_thread.run_sync(lambda: made_for_all(tmp_path, *options))
    await to_thread.run_sync(all_checked, tmp_path, TOWN)
    await exchanged(tmp_path)


async def test_parties_that_exchanged_certificates_run(tmp_path: Path) -> None:
    await to_thread.run_sync(made_by_each, tmp_path)
    await to_thread.run_sync(all_checked, tmp_path, TOWN)
    await exchanged(tmp_path)


def test_check_tells_of_own_files_and_of_peers_at_once(tmp_path: Path) -> None:
    made_for_all(tmp_path)
    (tmp_path / "alice/alice.key").chmod(0o644)
    shutil.copy(tmp_path / "alice/east.alice.crt", tmp_path / "alice/bob.crt")
    result = checked(tmp_path, "alice")
    assert result.exit_code == 1
    assert "transport.private_key: " in result.output
    assert f"chmod 600 {tmp_path / 'alice/alice.key'}" in result.output
    assert "peer[0].certificate (" in result.output
    assert 'the certificate is of "east.alice"' in result.output
