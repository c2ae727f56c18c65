"""What many scenarios do."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.lowlevel
import pytest
from anyio.lowlevel import checkpoint

from partywire import Surroundings
from partywire.session.lifetimes import background

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from anyio.abc import TaskGroup

    from partywire import Node, Session

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)

LINGERING = 3.0
"""Seconds."""
_TURNS = 50

ON_STAGE: set[Node] = set()
"""The nodes that are open."""

_spare = count(1 << 100)


def levels(node: Node, party: str) -> set[str]:
    """How well that party is known, on the connections of both directions."""
    courier = node._engine._couriers[party]
    callers = node._engine._reception._visitors(party)
    known = [courier._identity, *(visitor.identity for visitor in callers)]
    return {identity.claims["level"] for identity in known if identity}


@asynccontextmanager
async def opened(
    nodes: Mapping[str, Node], session: int | bytes | str = 1, **terms: Any
) -> AsyncIterator[tuple[Session, ...]]:
    """Open one session at every node; give them in the nodes' order."""
    async with AsyncExitStack() as stack:
        yield tuple(
            [
                await stack.enter_async_context(node.session(session, **terms))
                for node in nodes.values()
            ]
        )


async def together(*programs: Callable[[], Awaitable[T]]) -> list[T]:
    """Run programs beside each other and return what they return, in their order."""
    results: dict[int, T] = {}

    async def run(place: int, program: Callable[[], Awaitable[T]]) -> None:
        results[place] = await program()

    async with anyio.create_task_group() as group:
        for place, program in enumerate(programs):
            group.start_soon(run, place, program)
    return [results[place] for place in range(len(programs))]


class Task:
    """A call that runs beside the scenario."""

    def __init__(self, group: TaskGroup, call: Callable[..., Awaitable[Any]], *given: Any) -> None:
        self.scope = anyio.CancelScope()
        self._done = anyio.Event()
        self._result: Any = None
        self._error: Exception | None = None
        group.start_soon(self._run, call, given)

    @property
    def done(self) -> bool:
        """Whether the call has come to an end."""
        return self._done.is_set()

    async def result(self) -> Any:
        """Wait for the end; return what the call returned, or raise what it raised."""
        await self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result

    async def error(self, kind: type[E]) -> E:
        """Wait for the end, which is an error of that kind."""
        with pytest.raises(kind) as caught:
            await self.result()
        return caught.value

    async def cancel(self) -> None:
        """Cancel the call and wait until it has gone."""
        self.scope.cancel()
        await self._done.wait()

    async def _run(self, call: Callable[..., Awaitable[Any]], given: tuple[Any, ...]) -> None:
        try:
            with self.scope:
                self._result = await call(*given)
        except Exception as error:
            self._error = error
        finally:
            self._done.set()


class Tasks:
    """Starts calls beside the scenario."""

    def __init__(self, group: TaskGroup) -> None:
        self._group = group

    def start(self, call: Callable[..., Awaitable[Any]], *given: Any) -> Task:
        """Start a call."""
        return Task(self._group, call, *given)

    async def parked(self, session: Session, count: int = 1) -> None:
        """Wait until that many calls of the session wait for something."""
        while len(session.waiting()) < count:
            await moment()


@asynccontextmanager
async def tasks() -> AsyncIterator[Tasks]:
    """Calls beside the scenario; what still runs at the end is cancelled."""
    async with background() as group:
        yield Tasks(group)


async def until(condition: Callable[[], bool]) -> None:
    """Let the others go on until something holds. The scenario's patience bounds it."""
    while not condition():
        await moment()


async def moment() -> None:
    """Let everybody go on: those too who are in another thread, which a mere turn starves."""
    await anyio.sleep(0.0005)


async def turns(count: int) -> None:
    """Let everybody have a few turns of the event loop, and no more."""
    for _ in range(count):
        await checkpoint()


async def settled() -> None:
    """Let everything happen that can happen without waiting for a clock.

    That is what needs no more than turns of the event loop, and what is on its way between nodes;
    `LINGERING` bounds the wait for answers that somebody holds back.
    """
    await turns(_TURNS)
    with anyio.move_on_after(LINGERING):
        while _on_the_way():
            await moment()
            if not _on_the_way():
                await turns(_TURNS)


def _on_the_way() -> bool:
    tables = (node._engine._table for node in ON_STAGE)
    return any(not peer.dispatch.empty for table in tables for peer in table.peers.values())


class Clock:
    """Seconds that pass when the scenario says so.

    A node looks at its appointments when a call of its makes a nearer one, or by `advance`.
    """

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    @property
    def surroundings(self) -> Surroundings:
        """What nodes are opened with to go by this clock."""
        return Surroundings(now=self)

    async def advance(self, seconds: float, *nodes: Node) -> None:
        """Let time pass, and let these nodes notice it."""
        self.now += seconds
        for node in nodes:
            async with node.session(next(_spare)) as session:
                session.on_delivery(lambda _: None)
                await settled()
