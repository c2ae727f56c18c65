"""What the page on attestation says is done in an empty folder: three attested parties meet."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Final

from tests.loopback import free_ports

PAGE: Final = Path(__file__).parents[2] / "docs" / "how-to" / "attestation.md"
PORTS: Final = ("7001", "7002", "7003")
FILES: Final = {"toml": ["alice.toml", "carol.toml"], "python": ["meet.py"]}
SECONDS: Final = 55
PARTIES: Final = ("alice", "bob", "carol")


def section() -> str:
    """The part of the page about parties on one machine, with ports that nobody has."""
    said = PAGE.read_text("utf-8").partition("## Attested parties")[2]
    for named, free in zip(PORTS, free_ports(len(PORTS)), strict=True):
        said = said.replace(named, str(free))
    return said


def blocks(said: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", said, re.MULTILINE | re.DOTALL)


def run(commands: str, folder: Path) -> str:
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(  # noqa: S603
        ["/bin/sh", "-euc", commands],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_three_attested_parties_meet(tmp_path: Path) -> None:
    said = section()
    made, met = blocks(said, "sh")
    run(made, tmp_path)
    for language, names in FILES.items():
        for name, content in zip(names, blocks(said, language), strict=True):
            assert f"`{name}`" in said
            (tmp_path / name).write_text(content, "utf-8")
    printed = run(met, tmp_path)
    for party in PARTIES:
        heard = [f"hello from {other}".encode() for other in PARTIES if other != party]
        assert f"{party} heard {heard}" in printed, printed
