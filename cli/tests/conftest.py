"""Plugins that exist as long as a test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a distribution of one module: ``install("hello", ["command.hello"], "code")``."""

    def install(module: str, entries: list[str], code: str = "") -> None:
        metadata = tmp_path / f"{module}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
        points = "\n".join(f"{entry} = {module}" for entry in entries)
        (metadata / "entry_points.txt").write_text(f"[partywire]\n{points}\n")
        (tmp_path / f"{module}.py").write_text(dedent(code))
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install
