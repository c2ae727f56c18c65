"""The configs under examples/attested: complete, and true with every key that they only mention."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from click.testing import CliRunner

from partywire import check_config, open_node
from partywire.config import load_config
from partywire.plugins import Plugins
from partywire_cli.main import main
from partywire_grpc.certificates.files import write_private, write_public
from partywire_grpc.certificates.making import authority, self_signed
from partywire_nitro_attest import pcr_of_text
from partywire_nitro_attest.development import measured
from tests.loopback import free_ports

PATIENCE = 40.0

EXAMPLES = Path(__file__).parents[2] / "examples" / "attested"
_ROOT = re.compile(r"^development_root = .*$", re.MULTILINE)
_MENTIONED = re.compile(r"^# (?=\[|[a-z0-9_]+ = )", re.MULTILINE)


PARTIES = ("alice.example", "bob.example")
NAMES = ["full-auto.toml", "semi-auto.toml", "development.toml", "development-bob.toml"]


def with_files(name: str, folder: Path) -> Path:
    """Return a copy of an example, beside the files that it names."""
    if name.startswith("development"):
        return in_development(folder)[name]
    for party in PARTIES:
        short = party.partition(".")[0]
        own = authority(party, now=time.time())
        write_public(folder / f"{short}-ca.crt", own.certificate_pem)
        write_private(folder / f"{short}-ca.key", own.key_pem)
        alone = self_signed(party, now=time.time())
        write_public(folder / f"{short}.crt", alone.certificate_pem)
    file = folder / name
    file.write_bytes((EXAMPLES / name).read_bytes())
    return file


def in_development(folder: Path) -> dict[str, Path]:
    """Return both parties' configs, once the commands were run that the first one names."""
    ports = [f"127.0.0.1:{port}" for port in free_ports(2)]
    seats = [f"--party={party}={place}" for party, place in zip(PARTIES, ports, strict=True)]
    here = folder / "here"
    printed = [
        CliRunner().invoke(main, command).stdout
        for command in (
            ["init", str(here), "--ca", *seats],
            ["attestation", "development-root", str(here / "root")],
        )
    ]
    root = printed[1].splitlines()[-1]
    files = {}
    for name in NAMES[2:]:
        said = (EXAMPLES / name).read_text("utf-8")
        for number, place in enumerate(ports):
            said = said.replace(f"127.0.0.1:700{number}", place)
        files[name] = folder / name
        files[name].write_text(_ROOT.sub(root, said), "utf-8")
    return files


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_in_order(name: str, tmp_path: Path) -> None:
    config = load_config(with_files(name, tmp_path), Plugins())
    assert [each.descriptor.name for each in config.verifiers] == ["x509", "nitro"]
    assert config.attester is not None
    assert {config.party, *config.peers} == set(PARTIES)


@pytest.mark.parametrize("name", NAMES)
def test_what_an_example_mentions_is_in_order_too(name: str, tmp_path: Path) -> None:
    file = with_files(name, tmp_path)
    said = _MENTIONED.sub("", file.read_text("utf-8"))
    file.write_text(said.replace('"..."', f'"{"ab" * 48}"'), "utf-8")
    assert len(said) < len((EXAMPLES / name).read_text("utf-8"))
    load_config(file, Plugins())


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_development_examples_reach_each_other(tmp_path: Path) -> None:
    files = await anyio.to_thread.run_sync(in_development, tmp_path)
    with anyio.fail_after(PATIENCE):
        async with AsyncExitStack() as stack:
            nodes = [await stack.enter_async_context(open_node(file)) for file in files.values()]
            for node in nodes:
                await node.ready()


def test_in_semi_auto_the_role_of_the_instance_is_pinned(tmp_path: Path) -> None:
    file = with_files("semi-auto.toml", tmp_path)
    (role,) = re.findall(r"arn:aws:iam::\d+:role/[\w-]+", file.read_text("utf-8"))
    nitro = load_config(file, Plugins()).verifiers[1]
    assert nitro.peers["bob.example"].pins(None) == {3: (pcr_of_text(role),)}
    warned = [line for line in check_config(file).remarks if line.startswith("Warning")]
    assert all("/dev/nsm" in line for line in warned)


@pytest.mark.parametrize("name", NAMES[2:])
def test_the_release_of_the_development_example_is_its_image(name: str) -> None:
    said = (EXAMPLES / name).read_text("utf-8")
    for index in range(3):
        assert measured("1.4.0")[index].hex() in said


def test_check_says_once_that_development_proves_nothing(tmp_path: Path) -> None:
    """In a program of its own, where what is logged goes to standard error."""
    program = "from partywire_cli.main import main; main()"
    command = [
        sys.executable,
        "-c",
        program,
        "check",
        str(with_files("development.toml", tmp_path)),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)  # noqa: S603
    assert ended.stderr == ""
    warned = [line for line in ended.stdout.splitlines() if line.startswith("Warning: ")]
    assert [line.split(":")[1] for line in warned] == [
        " DEVELOPMENT",
        " alice.example is attested by a development module",
    ]
