"""A connection that has stood for long is made anew, and nothing is lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from partywire_grpc import options
from tests.interaction.scenes import opened
from tests.mesh import mesh

if TYPE_CHECKING:
    import pytest

PATIENCE: Final = 30.0
LIVES: Final = 4
"""Connections of one link, at least."""


async def test_old_connections_are_made_anew_and_lose_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(options, "AGE", 0.2)
    monkeypatch.setattr(options, "GRACE", 0.1)
    net = mesh(["p1", "p2"], limits={"retry_first": "5ms", "retry_longest": "50ms"})
    with anyio.fail_after(PATIENCE):
        async with net.nodes() as nodes, opened(nodes, 1, labels=True) as (p1, p2):
            number = 0
            while min(link.accepted for link in net.links.values()) < LIVES:
                await p1.send("p2", b"%d" % number, label=1)
                assert await p2.receive("p1", label=1) == b"%d" % number
                await p2.send("p1", b"%d" % number, label=1)
                assert await p1.receive("p2", label=1) == b"%d" % number
                number += 1
