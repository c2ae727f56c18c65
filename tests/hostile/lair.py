"""Two honest nodes that talk to each other all the time, and Mallory beside them."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import attrs
from anyio.lowlevel import checkpoint

from partywire import Node, Session, Surroundings, open_node
from partywire.delivery.records import Record, Segment
from partywire.errors import PartywireError, Undelivered
from partywire.session.lifetimes import background
from partywire_inmemory import config_of
from partywire_inmemory.handles import network_named
from tests.hostile.mallory import MALLORY, Mallory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from partywire.delivery.pair import Pair
    from partywire.delivery.peers import Peer
    from partywire.delivery.records import Terms
    from partywire.delivery.table import SessionTable

NAMES = ("p1", "p2", MALLORY)
PATIENCE = 20.0
HONEST = 1 << 64
"""The session of the two honest parties and Mallory, in which the witness exchanges."""

_numbers = count()


@attrs.define
class Witness:
    """An exchange of p1 and p2, in one session with Mallory, that goes on meanwhile."""

    rounds: int = 0
    enough: bool = False

    async def exchange(self, here: Session, there: Session) -> None:
        """Exchange round after round, each message with its number."""
        while not self.enough:
            number = b"%d" % self.rounds
            for session, other in ((here, "p2"), (there, "p1")):
                await session.send(other, number)
            for session, other in ((here, "p2"), (there, "p1")):
                assert await session.receive(other) == number
                session.next_round()
            self.rounds += 1
            await checkpoint()


@attrs.define
class Lair:
    """What a test has in hand."""

    p1: Node
    p2: Node
    mallory: Mallory
    witness: Witness

    @property
    def table(self) -> SessionTable:
        """All that p1 holds; looked at, and never changed."""
        return self.p1._engine._table

    @property
    def peer(self) -> Peer:
        """What p1 holds of Mallory."""
        return self.table.peers[MALLORY]

    def pair(self, session: int = 1) -> Pair:
        """What a session of p1 holds of Mallory."""
        return self.table._open[session].pairs[MALLORY]

    def terms(self, session: int = 1) -> Terms:
        """The terms of a session that p1 has open."""
        return self.table._open[session].terms

    def joined(self) -> bool:
        """Tell whether both have a connection to Mallory."""
        tables = (node._engine._table for node in (self.p1, self.p2))
        return all(table.peers[MALLORY].link == "connected" for table in tables)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let everybody go on until something holds."""
        while not condition():
            await checkpoint()

    async def goes_on(self, rounds: int = 3) -> None:
        """The honest ones exchange further."""
        goal = self.witness.rounds + rounds
        await self.until(lambda: self.witness.rounds >= goal)


@asynccontextmanager
async def lair(*, now: Any = None, **limits: Any) -> AsyncIterator[Lair]:
    """Open it, with a clock of the test's own where ``now`` is given.

    At the end the honest two have exchanged all along, and p1 holds nothing of Mallory. Their
    messages are numbered: none was lost, doubled or changed.
    """
    name = f"lair-{next(_numbers)}"
    given = {"shutdown_grace": "1ms", "retry_first": "1ms", **limits}
    session = {"timing": "asynchronous"}
    configs = [config_of(party, NAMES, name, session=session, limits=given) for party in NAMES[:2]]
    with anyio.fail_after(PATIENCE), suppress(Undelivered):
        network = network_named(name)
        mallory = Mallory(network)
        surroundings = Surroundings(now=now)
        async with (
            open_node(configs[0], surroundings=surroundings) as p1,
            open_node(configs[1], surroundings=surroundings) as p2,
        ):
            await p1.ready(peers=["p2"])
            await p2.ready(peers=["p1"])
            witness = Witness()
            there = Lair(p1, p2, mallory, witness)
            async with p1.session(HONEST) as here, p2.session(HONEST) as other:
                await there.until(there.joined)
                async with background() as group:
                    group.start_soon(witness.exchange, here, other)
                    yield there
                    await there.goes_on()
                    witness.enough = True
                    await there.until(lambda: here.round == other.round == witness.rounds)
                assert here.counters["p2"].messages_received == witness.rounds
                assert here.counters["p2"].duplicates == 0
            assert there.peer.budget.held == there.peer.early.cost


def whole(slot: int, data: bytes) -> Record:
    return Record(slot, 0, len(data), data)


def segment(number: int, *records: Record, session: int = 1, acknowledged: int = 0) -> Segment:
    return Segment(session, acknowledged, number, list(records))


async def refused(session: Session) -> PartywireError:
    """Return what a receive from Mallory raises."""
    try:
        await session.receive(MALLORY)
    except PartywireError as error:
        return error
    raise AssertionError("it was not refused")
