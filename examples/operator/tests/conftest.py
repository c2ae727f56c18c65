"""What the tests are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .parties import verifier

if TYPE_CHECKING:
    from partywire_operator import OperatorVerifier


@pytest.fixture(scope="session")
def judging(tmp_path_factory: pytest.TempPathFactory) -> OperatorVerifier:
    """A verifier that knows both operators, made where reading files may block."""
    return verifier(tmp_path_factory.mktemp("operators"))
