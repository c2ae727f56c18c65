"""With TLS and without; on asyncio, and on trio where it makes a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reference.foreign import tls_of
from tests.reference.ground import OURS, THEIRS, Place, place

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=["plain", "mtls"])
def somewhere(request: pytest.FixtureRequest) -> Place:
    return place(tls=request.param == "mtls")


@pytest.fixture
def shown(somewhere: Place) -> Callable[[], dict[str, str] | None]:
    """What they show, and whom they trust."""
    wallet = somewhere.wallet
    return lambda: tls_of(wallet, THEIRS, OURS) if wallet else None
