"""A session router of a plugin that has to be awaited: nothing else changes for a program."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import checkpoint

from partywire.hookspecs import RouterDescriptor, hookimpl
from partywire.interfaces import SessionRouter
from tests.interaction.scenes import opened, settled, tasks, together, turns, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from partywire import Session
    from partywire.delivery.records import Batch, Receipt
    from partywire.hookspecs import Setting
    from partywire.identity import Identity
    from tests.interaction.venues import Config, Venue


class Detour(SessionRouter):
    """Takes its time over each batch before the local sessions get it."""

    def __init__(self, plugin: DetourPlugin, local: SessionRouter) -> None:
        self._plugin = plugin
        self._local = local
        self._busy: set[str] = set()

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        plugin, party = self._plugin, identity.party
        plugin.overlapped |= party in self._busy
        self._busy.add(party)
        try:
            await checkpoint()
            if party in plugin.closed:
                plugin.halted.add(party)
                await plugin.closed[party].wait()
            if plugin.faults:
                plugin.faults -= 1
                raise OSError("the way is blocked")
            receipt = await self._local.accept(identity, batch)
            await checkpoint()
        finally:
            self._busy.discard(party)
        plugin.taken += 1
        return receipt


class DetourPlugin:
    """Registers `Detour`, and shows what it did.

    Attributes:
        taken: batches that went through.
        overlapped: whether two batches of one peer were ever taken at a time.
        closed: peers whose batches wait for an event.
        halted: peers that have a batch waiting so.
        faults: so many batches fail.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.overlapped = False
        self.closed: dict[str, anyio.Event] = {}
        self.halted: set[str] = set()
        self.faults = 0

    @hookimpl
    def register_routers(self) -> Sequence[RouterDescriptor]:
        return [RouterDescriptor("detour", self._open)]

    @asynccontextmanager
    async def _open(self, setting: Setting, local: SessionRouter) -> AsyncIterator[SessionRouter]:
        assert setting.party
        yield Detour(self, local)


def configs_of(venue: Venue, parties: int, *, routed: Sequence[str] = ()) -> dict[str, Config]:
    """Configs in which the parties named, or all, have the router."""
    configs = venue.configs(parties, limits={"retry_first": "1ms"})
    for party in routed or configs:
        configs[party]["router"] = {"plugin": "detour"}
    return configs


def said(party: str, number: int) -> bytes:
    """What a party tells the others in a round."""
    return f"{party} in round {number}".encode()


async def in_turn(session: Session, number: int) -> dict[str, bytes]:
    return await session.exchange(dict.fromkeys(session.peers, said(session.party, number)))


async def test_exchange_works_and_every_batch_takes_the_detour(venue: Venue) -> None:
    plugin = DetourPlugin()
    async with (
        venue.opened(configs_of(venue, 3), plugins=[plugin]) as nodes,
        opened(nodes) as sessions,
    ):
        for number in range(10):
            before = plugin.taken
            answers = await together(*(partial(in_turn, session, number) for session in sessions))
            for session, answer in zip(sessions, answers, strict=True):
                assert answer == {peer: said(peer, number) for peer in session.peers}
                session.next_round()
            assert plugin.taken > before
    assert not plugin.overlapped


async def test_order_holds(venue: Venue) -> None:
    plugin = DetourPlugin()
    async with (
        venue.opened(configs_of(venue, 2, routed=["p2"]), plugins=[plugin]) as nodes,
        opened(nodes, labels=True) as (p1, p2),
    ):
        for number in range(300):
            await p1.send("p2", b"%d" % number, label=7)
            if number % 50 == 0:
                await turns(3)
        for number in range(300):
            assert await p2.receive("p1", label=7) == b"%d" % number
    assert not plugin.overlapped


async def test_order_holds_when_connections_break(venue: Venue) -> None:
    plugin = DetourPlugin()
    configs = configs_of(venue, 2)
    async with (
        venue.opened(configs, plugins=[plugin]) as nodes,
        opened(nodes, labels=True) as (p1, p2),
    ):
        for number in range(60):
            await p1.send("p2", b"%d" % number, label=7)
            await turns(number % 4)
            if number % 10 == 0:
                venue.cut(configs["p1"])
        for number in range(60):
            assert await p2.receive("p1", label=7) == b"%d" % number
        await p1.flush()
    assert not plugin.overlapped


async def test_a_large_message_arrives(venue: Venue) -> None:
    payload = bytes(range(256)) * 20_000
    async with (
        venue.opened(configs_of(venue, 2), plugins=[DetourPlugin()]) as nodes,
        opened(nodes) as (p1, p2),
    ):
        answers = await together(
            lambda: p1.exchange({"p2": payload}), lambda: p2.exchange({"p1": b"small"})
        )
        assert answers == [{"p2": b"small"}, {"p1": payload}]


async def test_a_peer_whose_batch_waits_holds_up_nobody_else(venue: Venue) -> None:
    plugin = DetourPlugin()
    async with (
        venue.opened(configs_of(venue, 3, routed=["p2"]), plugins=[plugin]) as nodes,
        opened(nodes) as (p1, p2, p3),
        tasks() as beside,
    ):
        await together(p1.flush, p3.flush)
        await settled()
        plugin.closed["p1"] = anyio.Event()
        await p1.send("p2", b"waits")
        receiving = beside.start(p2.receive, "p1")
        await until(lambda: "p1" in plugin.halted)
        await p3.send("p2", b"goes on")
        assert await p2.receive("p3") == b"goes on"
        assert not receiving.done
        plugin.closed.pop("p1").set()
        assert await receiving.result() == b"waits"


async def test_a_router_that_fails_loses_nothing_and_repeats_nothing(venue: Venue) -> None:
    plugin = DetourPlugin()
    async with (
        venue.opened(configs_of(venue, 2, routed=["p2"]), plugins=[plugin]) as nodes,
        opened(nodes, labels=True) as (p1, p2),
    ):
        await p1.flush()
        plugin.faults = 3
        for number in range(20):
            await p1.send("p2", b"%d" % number, label=7)
        for number in range(20):
            assert await p2.receive("p1", label=7) == b"%d" % number
        assert plugin.faults == 0
