"""The example plugin is built by its page, installed, and chosen by the files of two parties."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from examples.operator.tests.parties import written
from tests.architecture.house import ROOT, Distribution
from tests.installation.environment import Environment, fresh_environment
from tests.installation.page import built_by_the_page, files_shown
from tests.loopback import free_ports

if TYPE_CHECKING:
    from pathlib import Path

ALONE = ("--import-mode=importlib", "-q", "-W", "error")
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
def built(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    return built_by_the_page(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, built: Distribution) -> Environment:
    return fresh_environment(tmp_path_factory.mktemp("fresh"), built)


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
    example = Distribution(ROOT / "examples/operator")
    shown = {str(each.resolve().relative_to(example.folder)) for each in files_shown().values()}
    assert shown == set(files_shown())
    sources = {str(each.relative_to(example.folder)) for each in example.sources}
    assert shown >= sources | {"pyproject.toml", "README.md"}


def test_the_tests_of_its_page_run_alone(environment: Environment, built: Distribution) -> None:
    said = environment.run("-m", "pytest", *ALONE, "-k", "garbled or Plugin", within=built.folder)
    assert " passed" in said


def test_its_other_tests_need_nothing_of_the_checkout(
    environment: Environment, tmp_path: Path
) -> None:
    copytree(ROOT / "examples/operator/tests", tmp_path / "tests")
    chosen = "proves_itself or agree"
    assert "4 passed" in environment.run("-m", "pytest", *ALONE, "-k", chosen, within=tmp_path)
