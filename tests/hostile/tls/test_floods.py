"""Floods of a party that TLS lets through and the node refuses: nothing of them is kept."""

from __future__ import annotations

from collections import Counter
from time import time
from typing import TYPE_CHECKING, Final

import anyio
import pytest
from anyio import to_thread

from partywire.delivery.limits import MIB
from partywire_grpc.frames import MAX_FRAME
from tests.certificates.building import make
from tests.certificates.contexts import client_context
from tests.certificates.town import Town
from tests.children import TELLS_PEAKS
from tests.hostile.port import http2
from tests.hostile.port.http2 import data, frame, message, raider
from tests.hostile.port.siege import WINDOW, siege
from tests.hostile.tls.village import papers
from tests.interaction.scenes import until

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tests.hostile.port.siege import Siege
    from tests.hostile.tls.village import Papers

pytestmark = pytest.mark.skipif(not TELLS_PEAKS, reason="Linux tells the peak of memory there")

FLOODS: Final = 6
FLOOD: Final = 64 * MIB
CALLERS: Final = 48
UNJUDGED: Final = 32 * MIB
CEILING: Final = 96 * MIB
"""Bytes by which the process may grow: half of what the callers send side by side.

What came before a refusal is given back to the allocator, which keeps some of it.
"""
CANCELLED, UNAUTHENTICATED = 1, 16
OPENING: Final = (
    http2.PREFACE + frame(http2.SETTINGS) + frame(http2.SETTINGS, http2.ACK) + http2.call("mallory")
)
WHOLE: Final = data(message(bytes(MAX_FRAME - 5)))
ENDLESS: Final = data(message(bytes(MAX_FRAME), announced=2 * FLOOD))


class Refused:
    """Mallory's certificate, which can sign others, and one that it has signed, of her name."""

    def __init__(self, folder: Path) -> None:
        now = time()
        hers = make("mallory", now=now, ca=None, usages=None)
        own = {"p1": make("p1", now=now), "p2": make("p2", now=now), "mallory": hers}
        self.papers: Papers = papers(Town(now, own, {}), folder)
        self.context: ssl.SSLContext = client_context(make("mallory", now=now, by=hers))

    async def calls(self, there: Siege, *pieces: bytes) -> int | None:
        """Call, send all that, and return the status; None where the connection was cut."""
        async with raider(there.port, self.context) as mallory:
            await mallory.flood((OPENING, *pieces))
            return await mallory.status()


@pytest.fixture
async def refused(tmp_path: Path) -> Refused:
    return await to_thread.run_sync(Refused, tmp_path)


async def test_who_is_refused_makes_the_node_keep_nothing(
    anyio_backend_name: str, refused: Refused
) -> None:
    found = Counter[int | None]()
    async with siege(anyio_backend_name, refused.papers, ceiling=CEILING) as there:
        for piece in (WHOLE, ENDLESS):
            for _ in range(FLOODS):
                found[await refused.calls(there, *[piece] * (FLOOD // len(piece)))] += 1
            assert await refused.calls(there) == UNAUTHENTICATED
            await there.goes_on(1)
    assert set(found) <= {None, UNAUTHENTICATED}


async def test_who_waits_to_be_judged_is_bounded_while_the_node_is_busy(
    anyio_backend_name: str, refused: Refused
) -> None:
    """Each caller sends as much as flow control allows, and is judged when the loop goes on."""
    found = Counter[int | None]()

    async def call() -> None:
        found[await refused.calls(there, data(message(bytes(WINDOW - 5))))] += 1

    besieged = siege(
        anyio_backend_name, refused.papers, ceiling=CEILING, bounds={"UNJUDGED": UNJUDGED}
    )
    async with besieged as there, anyio.create_task_group() as group:
        await there.p1.tell("")
        assert await there.p1.line() == "held"
        for _ in range(CALLERS):
            group.start_soon(call)
        await until(lambda: found[CANCELLED] >= CALLERS - 2 * UNJUDGED // WINDOW)
        assert not found[UNAUTHENTICATED]
        await there.p1.tell("")
        assert await there.p1.line() == "free"
    assert found[UNAUTHENTICATED] >= 1
    assert set(found) <= {None, CANCELLED, UNAUTHENTICATED}
