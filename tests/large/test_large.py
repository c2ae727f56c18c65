"""A large value each way at once takes little more memory than the two, and holds nobody up."""

from __future__ import annotations

import pytest

from tests.large.pair import exchanged
from tests.large.party import STATUS

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="Linux tells the peak of memory there")

MEBIBYTES = 192
MOST = 2.5
"""Times the memory of both values."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the parties are processes of their own


async def test_a_value_each_way_is_not_copied_while_small_messages_flow() -> None:
    for seen in await exchanged(MEBIBYTES):
        assert seen["whole"]
        assert 1 <= seen["rise"] < MOST
        assert seen["chats"] >= 2
