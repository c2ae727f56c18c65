"""Console blocks of the docs are run: what follows ``$`` is a command, all else what it prints.

The commands of one page run in one folder, without a shell. ``...`` stands for whatever is printed
there. A command whose output has an ``Error:`` has to end with another exit code than 0.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sysconfig
from fnmatch import fnmatchcase
from glob import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sybil import Example

SECONDS = 50


def run_console(example: Example) -> None:
    """Run a block; the folder is one of pytest's, by the fixture ``tmp_path_factory``."""
    base = example.namespace["tmp_path_factory"].getbasetemp()
    folder = base / "console" / re.sub(r"\W", "_", str(example.path))
    folder.mkdir(parents=True, exist_ok=True)
    for command, expected in _commands(str(example.parsed)):
        _run(command, expected, folder)


def _commands(block: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected.strip("\n")


def _run(command: str, expected: str, folder: Path) -> None:
    scripts = sysconfig.get_path("scripts")
    ended = subprocess.run(  # noqa: S603
        shlex.split(command),
        cwd=folder,
        env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    output = ended.stdout.strip("\n")
    assert fnmatchcase(output, escape(expected).replace("...", "*")), f"{command}\n{output}"
    assert (ended.returncode != 0) == ("Error: " in output), f"{command}: {ended.returncode}"
