"""A fresh environment, into which a distribution is installed as users do it.

Beside it there is all that this environment has. Nothing is fetched.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from tests.architecture.house import Distribution


SECONDS: Final = 50
_INSTALL: Final = ("install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation")


@attrs.frozen
class Environment:
    """An environment of Python in a folder of its own."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def run(self, *given: str, within: Path | None = None) -> str:
        """Run its interpreter, in its folder or another one; return what it prints, or fail."""
        command = [str(self.python), *given]
        ended = subprocess.run(  # noqa: S603
            command,
            cwd=within or self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout


def fresh_environment(folder: Path, distribution: Distribution) -> Environment:
    """Make an environment, and install a distribution into it that lies in some folder."""
    made = Environment(folder)
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, timeout=SECONDS, check=True)  # noqa: S603
    place = made.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    _fill(Path(place), without=distribution.package)
    made.run("-m", "pip", "--disable-pip-version-check", *_INSTALL, str(distribution.folder))
    return made


def _fill(packages: Path, without: str) -> None:
    """Link to all that this environment has, but for one package."""
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if each.name != "__pycache__" and without not in each.name:
            (packages / each.name).symlink_to(each)
