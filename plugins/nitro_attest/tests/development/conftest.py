from __future__ import annotations

import pytest

from partywire_nitro_attest.development import Certified, new_root

NOW = 1_782_779_620.5  # 2026-06-30T00:33:40.5


@pytest.fixture
def now() -> float:
    return NOW


@pytest.fixture(scope="session")
def root() -> Certified:
    return new_root(NOW)
