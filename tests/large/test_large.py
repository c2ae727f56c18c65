"""A large value each way at once takes little more memory than the two, and holds nobody up."""

from __future__ import annotations

import pytest

from tests.children import TELLS_PEAKS
from tests.large.pair import exchanged
from tests.sizes import FULL

pytestmark = pytest.mark.skipif(not TELLS_PEAKS, reason="Linux tells the peak of memory there")

MEBIBYTES = 1_024 if FULL else 192
MOST = 2.5
"""Times the memory of both values."""
LEAST = 10
"""Turns of small messages while the large ones are on their way; what waits for their end has 1."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the parties are processes of their own


async def test_a_value_each_way_is_not_copied_while_small_messages_flow() -> None:
    for seen in await exchanged(MEBIBYTES):
        assert seen["whole"]
        assert 1 <= seen["rise"] < MOST
        assert seen["chats"] >= LEAST
