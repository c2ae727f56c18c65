"""A connection in which nobody calls is ended; one whose stream is silent is kept."""

from __future__ import annotations

from typing import Final

import anyio
import pytest

from partywire_grpc import options
from tests.hostile.port import http2
from tests.hostile.port.http2 import BROKEN, Raider, frame, raider
from tests.interaction.scenes import opened
from tests.loopback import port_of
from tests.mesh import mesh

PATIENCE: Final = 30.0
IDLE: Final = 0.3
BEGUN: Final = http2.PREFACE + frame(http2.SETTINGS) + frame(http2.SETTINGS, http2.ACK)
OPENINGS: Final = {
    "nothing": b"",
    "settings": BEGUN,
    "a call that is refused": BEGUN + http2.call("nobody"),
    "a call that is taken back": BEGUN + http2.call("p2") + frame(http2.RESET, 0, 1, bytes(4)),
}


async def shown_out(mallory: Raider) -> None:
    with pytest.raises(BROKEN):
        while True:
            await mallory.frame()


@pytest.mark.parametrize("opening", OPENINGS.values(), ids=OPENINGS)
async def test_who_has_no_stream_is_shown_out_and_who_has_one_stays(
    opening: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "IDLE", IDLE)
    net = mesh(["p1", "p2"])
    with anyio.fail_after(PATIENCE):
        async with net.nodes() as nodes, opened(nodes, 1, labels=True) as (p1, p2):

            async def exchange() -> None:
                await p1.send("p2", b"there", label=0)
                await p2.send("p1", await p2.receive("p1", label=0) + b" and back", label=0)
                assert await p1.receive("p2", label=0) == b"there and back"

            await exchange()
            before = {pair: link.accepted for pair, link in net.links.items()}
            async with raider(port_of(net.configs["p1"])) as mallory:
                assert await mallory.send(opening)
                await shown_out(mallory)
            await exchange()
            assert {pair: link.accepted for pair, link in net.links.items()} == before
