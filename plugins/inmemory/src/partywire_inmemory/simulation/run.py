"""One run of a scenario: its network, its time, and the lives of its parties."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio

from partywire import Session, Surroundings
from partywire.config import NodeConfig
from partywire.delivery.agenda import Agenda
from partywire.errors import Deadlock, DuplicateParty, session_text
from partywire.node.bell import Bell
from partywire.node.clockwork import run_agenda
from partywire.session.lifetimes import background
from partywire_inmemory.simulation.clock import overseen
from partywire_inmemory.simulation.faults import Crash, Fault, HalfOpen, Partition, Program
from partywire_inmemory.simulation.lives import Life, surroundings_of
from partywire_inmemory.simulation.log import Log
from partywire_inmemory.simulation.network import SimulatedNetwork
from partywire_inmemory.simulation.scenario import Scenario
from partywire_inmemory.simulation.watch import Watch

if TYPE_CHECKING:
    from anyio.abc import TaskGroup


class Run:
    """What runs while a simulation does. It belongs to one event loop, on virtual time.

    Attributes:
        lives: by party, the present or last life.
        missed: the faults that have not happened yet.
    """

    def __init__(self, scenario: Scenario, configs: Mapping[str, NodeConfig], log: Log) -> None:
        """Prepare, within the event loop; nothing runs yet."""
        self._scenario = scenario
        self._configs = configs
        self._agenda = Agenda(Surroundings().clock())
        self.network: SimulatedNetwork = SimulatedNetwork(
            self._agenda, log, scenario.conditions, scenario.seed
        )
        self.lives: dict[str, Life] = {}
        self.missed: list[Fault] = []
        self._crashes = [fault for fault in scenario.faults if isinstance(fault, Crash)]
        self._over = Bell()
        self._closing = anyio.Event()
        self._body = anyio.CancelScope()
        self._group: TaskGroup
        self._watch: Watch
        self._tasks = 0
        self._faults_ahead = 0
        self._restarts = 0
        self._error: Deadlock | None = None

    @property
    def now(self) -> float:
        """Virtual seconds since the start."""
        return self._agenda.now() - self.network.begun

    @asynccontextmanager
    async def open(self, limit: float, patience: float) -> AsyncIterator[None]:
        """Let the time pass and the faults happen, within the block.

        Raises:
            Deadlock: instead of what the block raises, once nothing can go on.
        """
        self._watch = Watch(
            self._agenda.now,
            limit=limit,
            patience=patience,
            lives=lambda: self.lives.values(),
            faults_ahead=lambda: self._faults_ahead > 0,
            report=self._stop,
        )
        async with background() as group, overseen(self._watch.look):
            self._group = group
            for fault in self._scenario.faults:
                self.plan(fault)
            group.start_soon(run_agenda, self._agenda)
            with self._body:
                yield
            await self.close()
        if self._error is not None:
            raise self._error

    # --- lives ------------------------------------------------------------------------------------

    def start(self, party: str, program: Program) -> None:
        """Let a party live, from now on."""
        before = self.lives.get(party)
        if before is not None and not before.crashed:
            raise DuplicateParty(party, "lives already in this simulation")
        life = Life(party, before.number + 1 if before is not None else 0, program)
        self.lives[party] = life
        self.network.record("start", party)
        self._tasks += 1
        self._group.start_soon(self._live, life)

    async def ended(self) -> None:
        """Wait until every program has ended, and nobody is to live again."""
        while self._restarts or not all(life.ended for life in self.lives.values()):
            await self._over.wait()

    async def close(self) -> None:
        """Close all nodes; those whose programs have not ended die. Nothing is logged any more."""
        self.network.fall_silent()
        self._watch.rest()
        for life in self.lives.values():
            if self._error is not None or not life.ended:
                self._kill(life)
        self._closing.set()
        while self._tasks:
            await self._over.wait()

    async def _live(self, life: Life) -> None:
        surroundings = surroundings_of(
            life,
            self._agenda.now,
            begun=self.network.begun,
            seed=self._scenario.seed,
            skew=self._scenario.skews.get(life.party, 0.0),
            entered=partial(self._entered, life),
        )
        config = self._configs[life.party]
        await life.live(config, surroundings, self._closing, partial(self._ended, life))
        self._tasks -= 1
        self._over.ring()

    def _ended(self, life: Life) -> None:
        """A program has returned or raised."""
        if not life.crashed:
            what, why = "returned", ""
            if life.raised is not None:
                what, why = "raised", type(life.raised).__name__
            self.network.record(what, life.party, note=why)
        self._over.ring()

    def _entered(self, life: Life, session: Session) -> None:
        """A session is in a new round; that may be the last thing its party does."""
        if life.crashed:
            return
        life.enter(session)
        sessions = {session_text(session.id): 0}
        self.network.record("round", life.party, sessions=sessions, note=f"{session.round}")
        for crash in self._crashes:
            if (crash.party, crash.round, 0) == (life.party, session.round, life.number):
                self._crash(crash)

    def _kill(self, life: Life) -> None:
        """Cut the links, and only then cancel: no word of it gets out."""
        life.crashed = life.ended = True
        self.network.crash(life.party)
        life.scope.cancel()
        self._over.ring()

    # --- faults -----------------------------------------------------------------------------------

    def plan(self, fault: Fault) -> None:
        """Let a fault happen when its time comes, or now if that is past and somebody lives."""
        self.missed.append(fault)
        if isinstance(fault, Partition):
            self._span(fault, self.network.part, self.network.heal)
        elif isinstance(fault, HalfOpen):
            self._span(fault, self.network.swallow, self.network.restore)
        elif fault.at is not None:
            self._at(fault.at, partial(self._crash, fault))
        elif fault not in self._crashes:
            self._crashes.append(fault)

    def _span(
        self, fault: "Partition | HalfOpen", begin: Callable[..., None], end: Callable[..., None]
    ) -> None:
        self._at(fault.at, partial(self._begin, fault, begin))
        if fault.until is not None:
            self._at(fault.until, partial(end, fault))

    def _begin(self, fault: Fault, begin: Callable[..., None]) -> None:
        self.missed.remove(fault)
        begin(fault)

    def _at(self, seconds: float, action: Callable[[], None]) -> None:
        if self.lives and seconds <= self.now:
            action()
            return
        self._faults_ahead += 1
        self._agenda.at(self.network.begun + seconds, partial(self._act, action))

    def _act(self, action: Callable[[], None]) -> None:
        self._faults_ahead -= 1
        action()
        self._over.ring()

    def _crash(self, crash: Crash) -> None:
        life = self.lives.get(crash.party)
        if life is None or life.crashed:
            return
        self.missed.remove(crash)
        self._kill(life)
        if crash.restart_after is not None:
            self._restarts += 1
            again = partial(self._restart, crash.party, crash.program or life.program)
            self._at(self.now + crash.restart_after, again)

    def _restart(self, party: str, program: Program) -> None:
        self._restarts -= 1
        self.start(party, program)

    def _stop(self, error: Deadlock) -> None:
        """Nothing can go on: end what runs, and let everybody die."""
        self._error = error
        self._body.cancel()
