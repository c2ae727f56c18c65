"""What the tests are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .parties import verifier

if TYPE_CHECKING:
    from pathlib import Path

    from partywire_operator import OperatorVerifier


@pytest.fixture
def judging(tmp_path: Path) -> OperatorVerifier:
    """A verifier that knows both operators, made where reading files may block."""
    return verifier(tmp_path)
