"""Builds the example plugin as a reader of its page does, who has that page and the checkout."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Final

from tests.architecture.house import ROOT, Distribution

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = ROOT / "docs" / "how-to" / "ship-a-verifier.md"
_SHOWN: Final = re.compile(r"^```{literalinclude} (\S+)\n:caption: (\S+)$", re.MULTILINE)
_FIRST_COMMANDS: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_shown() -> dict[str, Path]:
    """The names of the files that the page shows, and what it shows there."""
    return {name: PAGE.parent / path for path, name in _SHOWN.findall(PAGE.read_text("utf-8"))}


def built_by_the_page(folder: Path) -> Distribution:
    """Make the distribution in a folder of its own, by the page alone."""
    (folder / "partywire").symlink_to(ROOT)
    commands = _FIRST_COMMANDS.search(PAGE.read_text("utf-8"))
    assert commands, "the page no longer says how to begin"
    subprocess.run(["sh", "-euc", commands[1]], cwd=folder, timeout=10, check=True)  # noqa: S603, S607
    for name, shown in files_shown().items():
        (folder / "operator" / name).write_bytes(shown.read_bytes())
    return Distribution(folder / "operator")
