"""A deployment of alice and bob, as `partywire init` makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from partywire_cli.main import main
from tests.loopback import free_ports

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    """The folder with the folders of both."""
    folder = tmp_path / "deployment"
    named = zip(("alice", "bob"), free_ports(2), strict=True)
    parties = [f"--party={party}=127.0.0.1:{port}" for party, port in named]
    made = CliRunner().invoke(main, ["init", str(folder), *parties])
    assert made.exit_code == 0, made.output
    return folder
