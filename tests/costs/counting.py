"""Counts what messages cost in a way that does not depend on the machine's mood.

Calls of functions, wake-ups of the event loop, and blocks of memory: the same program gives the
same numbers, within a few in a hundred, however busy the machine is. Both parties are in one event
loop of asyncio, so each count is of both ends.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from partywire import Session, open_node
from partywire_inmemory import config_of
from tests import loopback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

MESSAGES = 1_000
PAYLOAD = bytes(64)
PARTIES = ("p1", "p2")
LABEL = 1
ASYNCHRONOUS = {"timing": "asynchronous"}

Cost = dict[str, int]


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts what is put into its line: each is one callback, or one step of a task."""

    wakeups = 0

    def call_soon(self, *args: Any, **options: Any) -> asyncio.Handle:  # type: ignore[override]
        self.wakeups += 1
        return super().call_soon(*args, **options)

    def call_soon_threadsafe(  # type: ignore[override]
        self, *args: Any, **options: Any
    ) -> asyncio.Handle:
        self.wakeups += 1
        return super().call_soon_threadsafe(*args, **options)


@contextmanager
def counted(loop: CountingLoop) -> Iterator[Cost]:
    """Count while the block runs, the garbage collector off; the cost is there after it."""
    cost: Cost = {"calls": 0}

    def look(_: object, event: str, __: object) -> None:
        if event in ("call", "c_call"):
            cost["calls"] += 1

    gc.collect()
    gc.disable()
    before = loop.wakeups
    sys.setprofile(look)
    try:
        yield cost
    finally:
        sys.setprofile(None)
        gc.enable()
        cost["wakeups"] = loop.wakeups - before


async def round_trips(here: Session, there: Session, messages: int = MESSAGES) -> None:
    """So many messages there and as many back, one after the other."""

    async def answer() -> None:
        for _ in range(messages):
            await there.send("p1", await there.receive("p1", label=LABEL), label=LABEL)

    answering = asyncio.ensure_future(answer())
    for _ in range(messages):
        await here.send("p2", PAYLOAD, label=LABEL)
        await here.receive("p2", label=LABEL)
    await answering


async def one_way(here: Session, there: Session) -> None:
    """So many messages, sent as fast as they go."""

    async def send() -> None:
        for _ in range(MESSAGES):
            await here.send("p2", PAYLOAD, label=LABEL)

    sending = asyncio.ensure_future(send())
    for _ in range(MESSAGES):
        await there.receive("p1", label=LABEL)
    await sending


async def held(here: Session, there: Session) -> Cost:
    """The blocks of memory that so many messages take at their receiver, before they are read."""
    await here.flush()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(MESSAGES):
        await here.send("p2", PAYLOAD, label=LABEL)
    await here.flush()
    gc.collect()
    blocks = sys.getallocatedblocks() - before
    for _ in range(MESSAGES):
        await there.receive("p1", label=LABEL)
    return {"blocks": blocks}


TRAFFIC: dict[str, Callable[[Session, Session], Awaitable[None]]] = {
    "round trips": round_trips,
    "one way": one_way,
}


async def costs(configs: Mapping[str, Mapping[str, object]]) -> dict[str, Cost]:
    """What both kinds of traffic cost between two nodes, and what is held."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, CountingLoop)
    async with open_node(configs["p1"]) as first, open_node(configs["p2"]) as second:
        await first.ready()
        async with (
            first.session("costs", labels=True) as here,
            second.session("costs", labels=True) as there,
        ):
            await round_trips(here, there, 20)
            found = {"held": await held(here, there)}
            for name, carry in TRAFFIC.items():
                with counted(loop) as cost:
                    await carry(here, there)
                found[name] = cost
    return found


def measured() -> dict[str, dict[str, Cost]]:
    """The costs of 1,000 messages by transport and kind of traffic."""
    logging.disable(logging.WARNING)
    ports = dict(zip(PARTIES, loopback.free_ports(len(PARTIES)), strict=True))
    transports: dict[str, dict[str, Mapping[str, object]]] = {
        "inmemory": {
            party: config_of(party, PARTIES, "costs", session=ASYNCHRONOUS) for party in PARTIES
        },
        "grpc-insecure": {
            party: loopback.config_of(party, port, ports, session=ASYNCHRONOUS)
            for party, port in ports.items()
        },
    }
    found = {}
    for name, configs in transports.items():
        with asyncio.Runner(loop_factory=CountingLoop) as runner:
            found[name] = runner.run(costs(configs))
    return found
