"""The configs under examples/attested: complete, and true with every key that they only mention."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from partywire.config import load_config
from partywire.plugins import Plugins
from partywire_grpc.certificates.files import write_private, write_public
from partywire_grpc.certificates.making import authority, self_signed
from partywire_nitro_attest.development import measured, new_root
from partywire_nitro_attest.development.root_file import root_in_pem

EXAMPLES = Path(__file__).parents[2] / "examples" / "attested"
_MENTIONED = re.compile(r"^# (?=\[|[a-z0-9_]+ = )", re.MULTILINE)


def with_files(name: str, folder: Path) -> Path:
    """Return a copy of an example, beside the files that it names."""
    for party in ("alice", "bob"):
        own = authority(f"{party}.example", now=time.time())
        write_public(folder / f"{party}-ca.crt", own.certificate_pem)
        write_private(folder / f"{party}-ca.key", own.key_pem)
        alone = self_signed(f"{party}.example", now=time.time())
        write_public(folder / f"{party}.crt", alone.certificate_pem)
    (folder / "here").mkdir()
    write_private(folder / "here" / "root.pem", root_in_pem(new_root(time.time())))
    file = folder / name
    file.write_bytes((EXAMPLES / name).read_bytes())
    return file


@pytest.mark.parametrize("name", ["full-auto.toml", "semi-auto.toml", "development.toml"])
def test_an_example_is_in_order(name: str, tmp_path: Path) -> None:
    config = load_config(with_files(name, tmp_path), Plugins())
    assert [each.descriptor.name for each in config.verifiers] == ["x509", "nitro"]
    assert config.attester is not None
    assert config.peers == ("bob.example",)


@pytest.mark.parametrize("name", ["full-auto.toml", "semi-auto.toml", "development.toml"])
def test_what_an_example_mentions_is_in_order_too(name: str, tmp_path: Path) -> None:
    file = with_files(name, tmp_path)
    said = _MENTIONED.sub("", file.read_text("utf-8"))
    file.write_text(said.replace('"..."', f'"{"ab" * 48}"'), "utf-8")
    assert said != (EXAMPLES / name).read_text("utf-8")
    load_config(file, Plugins())


def test_the_release_of_the_development_example_is_its_image() -> None:
    said = (EXAMPLES / "development.toml").read_text("utf-8")
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
