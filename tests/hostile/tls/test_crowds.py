"""Connections by the thousand that come to nothing: they are ended, and the honest go on."""

from __future__ import annotations

import resource
from contextlib import AsyncExitStack
from time import time
from typing import TYPE_CHECKING, Final

import anyio
import pytest
from anyio import to_thread

from partywire.delivery.limits import MIB
from partywire.session.lifetimes import background
from tests.certificates.building import make
from tests.certificates.contexts import client_context
from tests.certificates.town import Town
from tests.children import TELLS_PEAKS
from tests.hostile.port import http2
from tests.hostile.port.http2 import BROKEN, frame, raider
from tests.hostile.port.siege import siege
from tests.hostile.tls.village import papers
from tests.interaction.scenes import until

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from tests.hostile.port.http2 import Raider
    from tests.hostile.tls.village import Papers

pytestmark = pytest.mark.skipif(not TELLS_PEAKS, reason="Linux tells of descriptors there")

SILENT: Final = 1_000
SHAKEN: Final = 200
MORE: Final = 100
"""Connections beyond what a server takes."""
FEW: Final = 8
"""Descriptors that come and go by themselves."""
NEVER: Final = 100_000
SOON: Final = 4
CEILING: Final = 160 * MIB
BEGUN: Final = http2.PREFACE + frame(http2.SETTINGS) + frame(http2.SETTINGS, http2.ACK)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # all of it is up to gRPC, before the node hears of it


@pytest.fixture(autouse=True)
def descriptors() -> Iterator[None]:
    """Enough for both ends of the crowd."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < 2 * SILENT:
        pytest.skip("the system gives too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2 * SILENT), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Parties:
    """What the parties hold, and what mallory shows."""

    def __init__(self, folder: Path) -> None:
        now = time()
        own = {name: make(name, now=now) for name in ("p1", "p2", "mallory")}
        self.papers: Papers = papers(Town(now, own, {}), folder)
        self.context: ssl.SSLContext = client_context(own["mallory"])


@pytest.fixture
async def parties(tmp_path: Path) -> Parties:
    return await to_thread.run_sync(Parties, tmp_path)


class Crowd:
    """Connections that somebody holds and says little on; counts those that are hung up on."""

    def __init__(self) -> None:
        self.size = self.ended = 0
        self._news = anyio.Event()

    async def gather(
        self, stack: AsyncExitStack, port: int, count: int, said: bytes, tls: ssl.SSLContext | None
    ) -> None:
        """Open so many more, and say that on each."""
        group = await stack.enter_async_context(background())
        for _ in range(count):
            try:
                each = await stack.enter_async_context(raider(port, tls))
            except (ConnectionError, *BROKEN):
                self._hung_up()
            else:
                await each.send(said)
                group.start_soon(self._watch, each)
            self.size += 1

    async def shrinks(self, to: int) -> None:
        """Wait until only so many are held."""
        while self.size - self.ended > to:
            await self._news.wait()

    async def _watch(self, each: Raider) -> None:
        try:
            while True:
                await each.frame()
        except BROKEN:
            self._hung_up()

    def _hung_up(self) -> None:
        self.ended += 1
        self._news.set()
        self._news = anyio.Event()


@pytest.mark.parametrize(
    ("count", "said", "shakes"),
    [(SILENT, b"", False), (SHAKEN, b"", True), (SHAKEN, BEGUN, True)],
    ids=["nothing", "a handshake of TLS", "no call"],
)
async def test_a_crowd_that_never_calls_is_shown_out_while_the_honest_come_and_talk(
    count: int, said: bytes, shakes: bool, parties: Parties
) -> None:
    context, crowd = parties.context if shakes else None, Crowd()
    bounds = {"HANDSHAKE": SOON, "IDLE": SOON}
    async with siege("asyncio", parties.papers, ceiling=CEILING, bounds=bounds) as there:
        before = there.descriptors
        async with AsyncExitStack() as stack:
            await crowd.gather(stack, there.port, count, said, context)
            there.pull()
            await there.goes_on()
            await crowd.shrinks(to=0)
            await until(lambda: there.descriptors < before + FEW)


@pytest.mark.parametrize(
    ("bounds", "most"),
    [({"CONNECTIONS": 60}, 60), ({"descriptors": 320}, 320 - 256 - 16)],
    ids=["connections", "descriptors"],
)
async def test_a_server_takes_so_many_connections_and_no_more(
    bounds: dict[str, int], most: int, parties: Parties
) -> None:
    crowd = Crowd()
    async with siege("asyncio", parties.papers, bounds={**bounds, "HANDSHAKE": NEVER}) as there:
        before = there.descriptors
        async with AsyncExitStack() as stack:
            await crowd.gather(stack, there.port, most + MORE, b"", None)
            await crowd.shrinks(to=most)
            assert there.descriptors <= before + most + FEW
            await there.goes_on()
        there.pull()
        await there.goes_on()
