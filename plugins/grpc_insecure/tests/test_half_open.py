"""A link over which nothing passes any more is noticed at both ends, by the signs of life."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio

from partywire.errors import Unreachable
from partywire.session.lifetimes import background
from partywire.testing.samples import numbered
from tests.faultproxy import Fault, Kind
from tests.loopback import street

from .test_contract import TestInsecure as Contract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from partywire.testing import Configs

LONG: Final = 2.0
"""Seconds: twice the silence that ends a link here."""


class Scene(Contract):
    __test__ = False

    @asynccontextmanager
    async def network(self, parties: Sequence[str]) -> AsyncIterator[Configs]:
        self.street = street(parties, limits={"heartbeat": "500ms"})
        async with self.street.laid():
            yield self.street.configs


async def test_a_frozen_link_is_lost_to_both_ends() -> None:
    scene = Scene()
    async with scene.call() as call:
        await call.line.deliver(numbered(1))
        await call.line.answered(1)
        scene.street.cables["p2"].prevail(Fault(Kind.SWALLOW))
        problem = await call.line.channel.broken()
        assert isinstance(problem, Unreachable)
        assert "nothing was heard" in problem.problem
        await call.caller.left.wait()


async def test_a_silent_link_that_works_is_kept() -> None:
    async with Scene().call() as call, background() as group:
        lost = anyio.Event()

        async def watch() -> None:
            await call.line.channel.broken()
            lost.set()

        group.start_soon(watch)
        with anyio.move_on_after(LONG):
            await lost.wait()
        assert not lost.is_set()
        await call.line.deliver(numbered(1))
        await call.line.answered(1)


async def test_a_link_is_kept_while_the_router_takes_its_time() -> None:
    async with Scene().call() as call:
        call.there.door.stall("p1")
        for number in range(64):
            if not call.line.deliver_nowait(numbered(number, 1 << 18)):
                break
        with anyio.move_on_after(LONG):
            await call.line.channel.broken()
        call.there.door.resume("p1")
        await call.line.answered(number)
