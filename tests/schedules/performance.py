"""A `Plan` carried out by nodes on a simulated network."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import anyio
import anyio.lowlevel
import attrs

from core.tests.delivery.support.checks import check
from core.tests.delivery.support.participants import Ending, Participant
from core.tests.delivery.support.plans import Manner
from core.tests.delivery.support.rest import left_over
from partywire_inmemory import Simulation, virtual_backend
from tests.schedules.lives import NodeLife
from tests.schedules.players import NodePlayer

if TYPE_CHECKING:
    from core.tests.delivery.support.plans import Computation, Plan, Stop
    from partywire import Node, Session
    from partywire.delivery.limits import Limits
    from tests.schedules.faults import Road

NO_PROGRESS = 300.0
"""Virtual seconds without any progress that no schedule takes, unless it is stuck."""
LONGEST = 50_000.0
"""Virtual seconds that no schedule takes."""
LOOK = 5.0
"""Virtual seconds between two looks at whether anything is left."""
MOST_BATCHES = 10_000
"""More of them are a loop: the longest schedule seen took a twentieth of that."""


class Stopped(Exception):
    """A party leaves its session by an error."""


class NodePerformance:
    """All sessions of a plan, and all that befalls them, on virtual time."""

    def __init__(self, plan: Plan, backend: str) -> None:
        self.plan = plan
        self.participants: list[Participant[NodePlayer]] = []
        self.simulation = Simulation(
            plan.parties,
            seed=plan.seed,
            limits=_keys(plan.limits),
            backend=backend,
            limit=LONGEST,
            patience=NO_PROGRESS,
        )
        self._lives: list[NodeLife] = []
        self._wrong: list[Exception] = []
        self._batches = 0
        self._scope: anyio.CancelScope
        for way, road in plan.weathers.items():
            self.simulation.link(*way, one_way=True).set(**attrs.asdict(cast("Road", road)))
        for fault in plan.faults:
            fault.strike(self.simulation)

    def living(self) -> list[NodeLife]:
        """Return the lives that have not ended."""
        return [life for life in self._lives if life.alive]

    def run(self, backend: str) -> None:
        """Go on until every program has ended and nothing is left, within bounds; then judge.

        Raises:
            AssertionError: what was promised is not so.
            Deadlock: a wait does not end.
        """
        name, options = virtual_backend(backend)
        try:
            anyio.run(self._run, backend=name, backend_options=options)
        finally:
            if self._wrong:
                raise ExceptionGroup("it went wrong midway", self._wrong)

    async def _run(self) -> None:
        begun = anyio.current_time()
        async with self.simulation:
            with anyio.CancelScope() as self._scope:
                await self._perform(begun)

    async def _perform(self, begun: float) -> None:
        for party in self.plan.parties:
            self.simulation.start(party, partial(self._live, begun))
        last = max((fault.over for fault in self.plan.faults), default=0.0)
        await anyio.sleep_until(begun + last)
        await self.simulation._open_run().ended()
        await self._rest()
        check(self)
        left = self._left()
        assert not left, f"left over: {left}"

    async def _rest(self) -> None:
        """Wait until no node holds anything any more, for as long as that may take."""
        with anyio.move_on_after(self.plan.limits.early_lifetime + self.plan.patience):
            while self._left():  # noqa: ASYNC110 - no event says so, and the time is virtual
                await anyio.sleep(LOOK)

    def _left(self) -> list[str]:
        """Return what is held that should be let go: of sessions, and connections to spare."""
        spare = [f"{life}: spare connections" for life in self.living() if life.spare_connections]
        return left_over(self) + spare

    async def _live(self, begun: float, node: Node) -> None:
        """Take part in each session, in this life of the node's party."""
        number = sum(life.name == node.party for life in self._lives)
        life = NodeLife(node, number, self.simulation, self._looked)
        self._lives.append(life)
        try:
            async with anyio.create_task_group() as group:
                for computation in self.plan.computations:
                    part = computation.parts.get(node.party)
                    if part is not None and part.opens is not None:
                        opens = begun + part.opens
                        group.start_soon(self._take_part, node, life, computation, opens)
        except Exception as error:
            self._fail(error)
            raise

    def _looked(self, problem: AssertionError | None) -> None:
        """A batch was accepted, and looked at."""
        self._batches += 1
        if problem is None and self._batches > MOST_BATCHES:
            problem = AssertionError(f"no rest after {MOST_BATCHES} batches")
        if problem is not None:
            self._fail(problem)

    def _fail(self, error: Exception) -> None:
        self._wrong.append(error)
        self._scope.cancel()

    async def _take_part(
        self, node: Node, life: NodeLife, computation: Computation, opens: float
    ) -> None:
        """Open a session in its time, or at once, and leave it as the plan says."""
        await anyio.sleep_until(opens)
        timeout = computation.round_timeout
        opened = node.session(
            computation.session,
            parties=list(computation.parts),
            labels=computation.labels,
            timing="asynchronous" if timeout is None else "synchronous",
            round_timeout=timeout,
        )
        stop = computation.parts[node.party].stop
        with anyio.CancelScope() as scope, suppress(Stopped):
            async with opened as session:
                participant = self._participant(session, life, computation)
                await _play(participant, stop)
                if stop is not None and participant.ending is Ending.STOPPED:
                    if stop.manner is Manner.CANCEL:
                        scope.cancel()
                        await anyio.lowlevel.checkpoint()
                    if stop.manner is Manner.ABORT:
                        raise Stopped

    def _participant(
        self, session: Session, life: NodeLife, computation: Computation
    ) -> Participant[NodePlayer]:
        part = computation.parts[life.name]
        after = part.stop.steps if part.stop else None
        players = [NodePlayer(str(life), session, steps[:after]) for steps in part.programs]
        participant = Participant(computation, life, session._core(), players)
        self.participants.append(participant)
        return participant


async def _play(participant: Participant[NodePlayer], stop: Stop | None) -> None:
    """Run all programs to their end, or the first one to where the party stops.

    It may be stopped by time before, or crash.
    """
    players = participant.players
    midway = stop is not None and stop.steps is not None
    participant.ending = Ending.CRASHED
    try:
        with anyio.move_on_after(None if stop is None else stop.seconds) as scope:
            async with anyio.create_task_group() as group:
                for player in players:
                    group.start_soon(player.play, scope.cancel if midway else _go_on)
        done = all(player.finished for player in players)
        participant.ending = Ending.FINISHED if done and not midway else Ending.STOPPED
    finally:
        for player in players:
            player.finished = True


def _go_on() -> None:
    """The others do, when one program has ended."""


def _keys(limits: Limits) -> dict[str, Any]:
    """Return limits as the keys of ``[limits]``."""
    return {
        name: f"{value}s" if isinstance(value, float) and name != "retry_factor" else value
        for name, value in attrs.asdict(limits).items()
    }
