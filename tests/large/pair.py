"""Runs two parties as processes."""

from __future__ import annotations

import json
from typing import Any

import anyio

from tests.children import child
from tests.loopback import free_ports

MOST_SECONDS = 300


async def exchanged(mebibytes: int) -> list[dict[str, Any]]:
    """Let two parties send each other a value of that size, and return what each saw."""
    ports = [str(port) for port in free_ports(2)]
    size = str(mebibytes)
    with anyio.fail_after(MOST_SECONDS):
        async with (
            child("tests.large.party", "p1", "p2", *ports, size) as p1,
            child("tests.large.party", "p2", "p1", *reversed(ports), size) as p2,
        ):
            return [json.loads(await party.line()) for party in (p1, p2)]
