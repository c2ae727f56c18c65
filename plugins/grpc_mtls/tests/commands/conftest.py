"""Certificates of parties that began by `init --self`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .renewals import done

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Alice's certificate, in her folder."""
    done("init", "--self", tmp_path, "--party=alice=127.0.0.1:7001")
    return tmp_path / "alice/alice.crt"


@pytest.fixture
def by_ca(tmp_path: Path) -> tuple[Path, Path]:
    """Carol's certificate, and that of her CA."""
    done("init", "--self", tmp_path, "--party=carol=127.0.0.1:7001", "--ca")
    return tmp_path / "carol/carol.crt", tmp_path / "carol_ca/carol_ca.crt"
