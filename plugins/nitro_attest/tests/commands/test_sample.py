"""``partywire attestation sample``: what it writes, the other commands take."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from partywire.errors import outside_text
from partywire_nitro_attest.development import measured

from .running import run

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, *options: str) -> str:
    """The release that is printed."""
    result = run("sample", folder, *options)
    assert result.exit_code == 0, result.output
    assert "they prove nothing" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("release")]
    return line.split()[1]


@pytest.mark.parametrize("options", [(), ("--image", "another")])
def test_the_sample_is_verified_by_what_is_printed(tmp_path: Path, options: tuple[str]) -> None:
    release = written(tmp_path / "new", *options)
    named = ("--release", release, "--development-root", tmp_path / "new/root.crt")
    assert run("verify", tmp_path / "new/document.bin", *named).exit_code == 0


@pytest.mark.parametrize("image", ["1.4.0", 'a "name" \\ of\u0007 \U0001f600'])
def test_its_release_can_be_pasted_into_a_config(tmp_path: Path, image: str) -> None:
    result = run("sample", tmp_path / "new", "--image", image)
    _, _, table = result.stdout.partition("\n\n")
    [release] = tomllib.loads(table)["verifier"]["release"]
    assert release.pop("name") == outside_text(image, 128)
    assert release == {f"pcr{index}": measured(image)[index].hex() for index in range(3)}


def test_a_sample_in_debug_mode_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "new", "--debug")
    assert "verifier.release" not in run("sample", tmp_path / "more", "--debug").stdout
    root = ("--development-root", tmp_path / "new/root.crt")
    result = run("verify", tmp_path / "new/document.bin", *root)
    assert "refused (debug)" in result.stderr


def test_nothing_is_written_over(tmp_path: Path) -> None:
    written(tmp_path / "new")
    before = (tmp_path / "new/document.bin").read_bytes()
    result = run("sample", tmp_path / "new")
    assert result.exit_code == 1
    assert "take a folder that is not there yet" in result.stderr
    assert (tmp_path / "new/document.bin").read_bytes() == before


def test_no_key_is_kept(tmp_path: Path) -> None:
    written(tmp_path / "new")
    files = {file.name: file.read_bytes() for file in (tmp_path / "new").iterdir()}
    assert files.keys() == {"document.bin", "root.crt"}
    assert b"PRIVATE" not in files["root.crt"]
