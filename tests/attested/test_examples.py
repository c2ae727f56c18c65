"""The configs under examples/attested: complete, and true with every key that they only mention."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from partywire import check_config
from partywire.config import load_config
from partywire.plugins import Plugins
from partywire_grpc.certificates.files import write_private, write_public
from partywire_grpc.certificates.making import authority, self_signed
from partywire_nitro_attest import pcr_of_text
from partywire_nitro_attest.development import measured

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


def test_in_semi_auto_the_role_of_the_instance_is_pinned(tmp_path: Path) -> None:
    file = with_files("semi-auto.toml", tmp_path)
    (role,) = re.findall(r"arn:aws:iam::\d+:role/[\w-]+", file.read_text("utf-8"))
    nitro = load_config(file, Plugins()).verifiers[1]
    assert nitro.peers["bob.example"].pins(None) == {3: pcr_of_text(role)}
    assert not any("Warning" in line for line in check_config(file).remarks)


def test_the_release_of_the_development_example_is_its_image() -> None:
    said = (EXAMPLES / "development.toml").read_text("utf-8")
    for index in range(3):
        assert measured("1.4.0")[index].hex() in said
