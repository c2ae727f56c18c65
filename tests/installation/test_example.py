"""The example plugin is installed as a third party's is, and chosen by the files of two parties."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from examples.operator.tests.parties import written
from tests.architecture.house import ROOT, Distribution
from tests.installation.environment import Environment, fresh_environment
from tests.loopback import free_ports

if TYPE_CHECKING:
    from pathlib import Path

LOOK = """
import json, partywire_operator
from importlib.resources import files
from partywire.plugins import Plugins

installed = [it for it in Plugins().installed() if it.distribution == "partywire-operator"]
typed = files(partywire_operator).joinpath("py.typed").is_file()
names = [f"{it.kind}.{it.name}" for it in installed]
print(json.dumps([partywire_operator.__file__, typed, names]))
"""
CONFIG = """
[party]
id = "{party}"
[transport]
plugin = "grpc-mtls"
listen = "127.0.0.1:{port}"
[attester]
plugin = "operator"
signer = "{party}.key"
[[verifier]]
plugin = "x509"
[[verifier]]
plugin = "operator"
[[peer]]
id = "{peer}"
address = "127.0.0.1:{peer_port}"
anchor = "by-attestation"
operator = "{peer}.pub"
"""
PROGRAM = """
import sys, anyio, partywire

async def program(config):
    async with partywire.open_node(config) as node:
        await node.ready(timeout=40)
        async with node.session("of the operators", attempt=1) as session:
            said = f"from {node.party}".encode()
            print(dict(await session.exchange({peer: said for peer in session.peers})))

anyio.run(program, sys.argv[1])
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return fresh_environment(tmp_path_factory.mktemp("fresh"), "examples/operator")


def test_it_is_found_where_it_was_installed(environment: Environment) -> None:
    place, typed, names = json.loads(environment.run("-c", LOOK))
    assert place.startswith(str(environment.folder))
    assert typed
    assert names == ["attester.operator", "verifier.operator"]


def test_parties_that_name_it_in_their_files_meet(environment: Environment, tmp_path: Path) -> None:
    written(tmp_path)
    ports = dict(zip(("alice", "bob"), free_ports(2), strict=True))
    for party, peer in (("alice", "bob"), ("bob", "alice")):
        config = CONFIG.format(party=party, port=ports[party], peer=peer, peer_port=ports[peer])
        (tmp_path / f"{party}.toml").write_text(config)
    with ThreadPoolExecutor() as pool:
        said = pool.map(
            lambda party: environment.run("-c", PROGRAM, str(tmp_path / f"{party}.toml")), ports
        )
        assert list(said) == ["{'bob': b'from bob'}\n", "{'alice': b'from alice'}\n"]


def test_its_page_shows_every_file_of_it() -> None:
    page = (ROOT / "docs/how-to/ship-a-verifier.md").read_text("utf-8")
    shown = set(re.findall(r"literalinclude} ../../(examples/operator/src/\S+)", page))
    sources = Distribution(ROOT / "examples/operator").sources
    assert shown == {str(each.relative_to(ROOT)) for each in sources if each.stem != "__init__"}
