"""Parties in memory, each with a program of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import partywire_inmemory

if TYPE_CHECKING:
    from partywire import Node, Session

Program = Callable[["Session"], Awaitable[Any]]
Meet = Callable[[Mapping[str, Program]], Awaitable[dict[str, Any]]]


async def _meet(programs: Mapping[str, Program]) -> dict[str, Any]:
    results = {}

    async def run(name: str, node: Node) -> None:
        async with node.session("test", attempt=1, parties=list(programs)) as session:
            results[name] = await programs[name](session)

    with anyio.fail_after(30):
        async with (
            partywire_inmemory.network(list(programs)) as parties,
            anyio.create_task_group() as tasks,
        ):
            for name, node in parties.items():
                tasks.start_soon(run, name, node)
    return results


@pytest.fixture
def meet() -> Meet:
    """Runs each party's program in one session of all; returns what the programs returned."""
    return _meet
