"""Small distributions on the path, as an installer would leave them."""

from __future__ import annotations

import itertools
import sys
import textwrap
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = """
import attrs
from partywire.hookspecs import *

def opened(*given):
    raise AssertionError("nothing is opened here")
"""


class Install(Protocol):
    """Puts a distribution with entry points and modules on the path."""

    def __call__(
        self, name: str, entries: dict[str, str], modules: dict[str, str], version: str = "1.0"
    ) -> None: ...


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    known = set(sys.modules)
    places = itertools.count()

    def install(
        name: str, entries: dict[str, str], modules: dict[str, str], version: str = "1.0"
    ) -> None:
        place = tmp_path / str(next(places))
        info = place / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"{entry} = {value}" for entry, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[partywire]", *lines, ""]))
        for module, source in modules.items():
            (place / f"{module}.py").write_text(HEADER + textwrap.dedent(source))
        monkeypatch.syspath_prepend(place)

    yield install
    for module in set(sys.modules) - known:
        del sys.modules[module]
