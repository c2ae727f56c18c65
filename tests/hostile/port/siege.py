"""An honest node in a process of its own, besieged at its port, and another that it serves."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from partywire import open_node
from partywire.delivery.limits import MIB
from partywire.session.lifetimes import background
from tests.children import child, peak
from tests.hostile.port.besieged import SESSION, TERMS
from tests.hostile.port.http2 import Raider, raider
from tests.loopback import PLAIN, on_the_reference_wire, port_of, street

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from partywire import Session
    from tests.children import Child
    from tests.loopback import Security, Street

    Attack = Callable[[Raider], Awaitable[None]]

PATIENCE: Final = 50.0
PROGRAM: Final = "tests.hostile.port.besieged"
WINDOW: Final = 4 * MIB
CEILING: Final = 64 * MIB
"""Bytes by which the besieged process may grow.

One party may have 4 connections. Each holds the window, what is read ahead (2 MiB and a frame of at
most 4 MiB), and that is 40 MiB; the rest is for what the allocator and gRPC keep.
"""


class Siege:
    """What an attack has in hand.

    Attributes:
        port: where the honest node listens.
        pull: breaks the connections of the honest two, which have to come in anew.
        p1: its process.
        rounds: how often it has answered the other.
    """

    def __init__(
        self, place: Street, p1: Child, served: Session, *, port: int, singly: bool
    ) -> None:
        self.port = port
        self.pull = place.pull
        self.p1 = p1
        self.rounds = 0
        self.enough = False
        self._served = served
        self._singly = singly
        self._news = anyio.Event()
        self._before = 0

    async def witness(self) -> None:
        """Have the honest node send back numbers, until it is enough."""
        while not self.enough:
            assert await self._answer(b"%d" % self.rounds) == b"%d" % self.rounds
            self.rounds += 1
            self._ring()
        self.rounds = -1
        self._ring()

    async def ends(self) -> None:
        """Let the exchange come to its end."""
        self.enough = True
        while self.rounds >= 0:
            await self._news.wait()

    async def goes_on(self, rounds: int = 20) -> None:
        """Wait until the honest two have exchanged further."""
        goal = self.rounds + rounds
        while self.rounds < goal:
            await self._news.wait()

    def rest(self) -> None:
        """Take the memory of now as what the node needs."""
        self._before = peak(self.p1.pid)

    @property
    def descriptors(self) -> int:
        """How many descriptors the process has open."""
        return len(list(Path(f"/proc/{self.p1.pid}/fd").iterdir()))

    @property
    def grown(self) -> int:
        """By how many bytes the process has grown at its largest."""
        return peak(self.p1.pid) - self._before

    async def _answer(self, number: bytes) -> bytes:
        label = None if self._singly else 0
        await self._served.send("p1", number, label=label)
        answer = await self._served.receive("p1", label=label)
        if self._singly:
            self._served.next_round()
        return answer

    def _ring(self) -> None:
        self._news.set()
        self._news = anyio.Event()


@asynccontextmanager
async def siege(
    backend: str,
    security: Security = PLAIN,
    *,
    heartbeat: str = "5s",
    ceiling: int = CEILING,
    bounds: Mapping[str, int] | None = None,
    singly: bool = False,
    limits: Mapping[str, object] | None = None,
) -> AsyncIterator[Siege]:
    """Open it. At the end the honest two still exchange, and the memory has kept its ceiling.

    A stream that says nothing for twice the heartbeat is ended. ``bounds`` are what `besieged`
    takes; ``singly`` tells whether all are on the reference wire, and its listener is besieged.
    """
    place = street(
        ["p1", "p2", "mallory"],
        security,
        limits={
            "window": WINDOW,
            "heartbeat": heartbeat,
            "deliver_timeout": "20s",
            **(limits or {}),
        },
        session={"timing": "asynchronous"},
    )
    port = port_of(place.configs["p1"])
    if singly:
        on_the_reference_wire(place)
    config = json.dumps(place.configs["p1"])
    with anyio.fail_after(PATIENCE):
        async with (
            place.laid(),
            child(PROGRAM, backend, config, json.dumps(bounds or {})) as p1,
            open_node(place.configs["p2"]) as p2,
            p2.session(SESSION, **TERMS[singly]) as session,
            background() as group,
        ):
            assert await p1.line() == "open"
            there = Siege(place, p1, session, port=port, singly=singly)
            group.start_soon(there.witness)
            await there.goes_on(200)
            there.rest()
            yield there
            await there.goes_on()
            await there.ends()
            sys.stdout.write(f"p1 grew by {there.grown >> 10} KiB\n")
            assert there.grown <= ceiling, f"grew by {there.grown >> 20} MiB"
            assert p1.process.returncode is None


async def repelled(
    backend: str, attacks: Sequence[tuple[Attack, set[int]]], *, heartbeat: str = "5s"
) -> None:
    """Attack in each way, on a connection of its own, which has to end by one of its codes."""
    async with siege(backend, heartbeat=heartbeat) as there:
        found = {}
        for attack, codes in attacks:
            async with raider(there.port) as mallory:
                await attack(mallory)
                code = await mallory.status()
                if code not in codes:
                    found[attack.__name__] = code
            await there.goes_on(1)
        assert not found
