"""Parties over a network whose links, faults and time are made up."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

import anyio

from partywire.errors import OptionInvalid
from partywire.session.options import seconds
from partywire_inmemory.simulation.clock import virtual_backend
from partywire_inmemory.simulation.faults import Crash, Fault, HalfOpen, Partition, Program
from partywire_inmemory.simulation.given import (
    ahead_of,
    check_programs,
    int_of,
    parties_of,
    refuse_event_loop,
    round_of,
)
from partywire_inmemory.simulation.links import Link
from partywire_inmemory.simulation.log import Log
from partywire_inmemory.simulation.network import SimulatedNetwork
from partywire_inmemory.simulation.result import Result, result_of
from partywire_inmemory.simulation.run import Run
from partywire_inmemory.simulation.scenario import Scenario, configs_of
from partywire_inmemory.simulation.transport import SimulatedPlugin

Programs = Program | Mapping[str, Program]


class Simulation:
    """Parties in one process, over a network that is as bad as a test wants it.

    Set up links and faults, then `run`. A simulation runs once. Its time is virtual: it passes only
    where every party waits, so that minutes cost milliseconds.

    Two simulations with the same parties, seed, links, faults and programs have the same log on
    asyncio, where the programs do nothing that chance or worker threads decide. On trio the order
    in which tasks run is random; there the outcomes of a sound protocol are the same.

    Args:
        parties: party ids, or how many (``p1`` to ``pN``).
        seed: of all chance in links and nodes.
        session: keys of ``[session]``, for all parties.
        limits: keys of ``[limits]``, for all parties.
        backend: ``"asyncio"`` or ``"trio"``; for `run`.
        limit: virtual seconds that the simulation may take.
        patience: virtual seconds without any progress after which waits that have no end of their
            own are a deadlock. None: the longest of the limits that could still end a wait, and one
            ``deliver_timeout``: 330 s by default. It looks once in that time, so that a
            standstill is told after 330 to 660 s.

    Raises:
        ConfigInvalid: the keys of ``session`` or ``limits`` are not in order.
        OptionInvalid: there is no such backend, or a time is none.
    """

    def __init__(
        self,
        parties: int | Sequence[str],
        *,
        seed: int = 0,
        session: Mapping[str, object] | None = None,
        limits: Mapping[str, object] | None = None,
        backend: str = "asyncio",
        limit: float = 3600.0,
        patience: float | None = None,
    ) -> None:
        """Nothing runs yet."""
        virtual_backend(backend)
        names, seed = parties_of(parties), int_of("seed", seed)
        self._prepare(Scenario(names, seed, backend, session or {}, limits or {}), limit, patience)

    @classmethod
    def again(cls, log: Log, *, limit: float = 3600.0, patience: float | None = None) -> Self:
        """Return a simulation with the scenario of a log, to run the same programs again.

        A party that restarts with another program gets the same one here.

        Raises:
            Malformed: the log has no scenario.
        """
        simulation = cls.__new__(cls)
        simulation._prepare(Scenario.of(log.scenario), limit, patience)
        return simulation

    def _prepare(self, scenario: Scenario, limit: float, patience: float | None) -> None:
        self._scenario = scenario
        self._limit = seconds("limit", limit)
        self._configs = configs_of(scenario, SimulatedPlugin(self._open_network))
        limits = self._configs[scenario.parties[0]].limits
        longest = max(limits.give_up, limits.full_timeout, limits.reassembly_timeout)
        self._patience = (
            longest + limits.deliver_timeout if patience is None else seconds("patience", patience)
        )
        self._run: Run | None = None
        self.log: Log = Log(scenario.plain())

    @property
    def parties(self) -> tuple[str, ...]:
        """The party ids."""
        return self._scenario.parties

    @property
    def seed(self) -> int:
        """The seed."""
        return self._scenario.seed

    # --- the network ------------------------------------------------------------------------------

    def link(self, source: str, target: str, *, one_way: bool = False) -> Link:
        """Return the settings between two parties: of both directions, or from the first one only.

        A change while the simulation runs concerns what is sent after it, and is not in the log.
        """
        if source == target:
            raise OptionInvalid("a link", "between two parties")
        here = self._scenario.direction(source, target)
        return Link(here) if one_way else Link(here, self._scenario.direction(target, source))

    def every_link(self) -> Link:
        """Return the settings of all links, in both directions."""
        return self._scenario.every_link()

    # --- what goes wrong --------------------------------------------------------------------------

    def partition(
        self,
        parties: Sequence[str],
        *,
        at: float | None = None,
        until: float | None = None,
        breaks_after: float = 20.0,
    ) -> None:
        """Let nothing pass between ``parties`` and all others.

        Connections stall. What was on its way is sent again when the partition heals. Where it
        lasts longer than ``breaks_after`` seconds (0: at once) they break, as when TCP gives up.
        Nobody can connect.

        Args:
            parties: one side of it.
            at: virtual seconds since the start; None for now, or the start.
            until: when it heals; None: never.
            breaks_after: seconds.
        """
        for party in parties:
            self._scenario.check(party)
        if not 0 < len(set(parties)) < len(self.parties):
            raise OptionInvalid("parties", "some of the parties, and not all of them")
        begin = self._time(at)
        breaks_after = seconds("breaks_after", breaks_after)
        self._add(Partition(tuple(parties), begin, _until(until, begin), breaks_after))

    def half_open(
        self, source: str, target: str, *, at: float | None = None, until: float | None = None
    ) -> None:
        """Let everything vanish that ``source`` sends to ``target``, while nothing breaks.

        Even new connections seem to be made. A connection that has lost something never recovers.
        """
        for party in (source, target):
            self._scenario.check(party)
        begin = self._time(at)
        self._add(HalfOpen(source, target, begin, _until(until, begin)))

    def crash(
        self,
        party: str,
        *,
        at: float | None = None,
        round: int | None = None,
        restart_after: float | None = None,
        program: Program | None = None,
    ) -> None:
        """Let a party's node die without a word: what it has sent may still arrive, and no more.

        Args:
            party: who.
            at: virtual seconds since the start; None (without ``round``) for now, or the start.
            round: when its first life enters that round in any session, before it sends anything in
                it.
            restart_after: virtual seconds after which it lives again; None: never.
            program: what it runs then; None for the same as before.
        """
        self._scenario.check(party)
        if at is not None and round is not None:
            raise OptionInvalid("a crash", "at a time or in a round, not both")
        if at is None and round is None and self._run is None:
            raise OptionInvalid("a crash that is planned", "at a time or in a round")
        if restart_after is not None:
            restart_after = seconds("restart_after", restart_after)
        when = self._time(at) if round is None else None
        round = None if round is None else round_of(round)
        self._add(Crash(party, when, round, restart_after, program))

    def skew(self, party: str, seconds: float) -> None:
        """Set a party's wall clock ahead (or back), from its next start on."""
        self._scenario.check(party)
        self._scenario.skews[party] = ahead_of(seconds)

    # --- running ----------------------------------------------------------------------------------

    def run(self, programs: Programs) -> Result:
        """Run a program at every party, or those given by party, and return what came of it.

        ``async def program(node)`` gets the open node of its party. The nodes stay open until all
        programs have ended. Not to be called where an event loop runs: see `start`.

        Raises:
            Deadlock: everybody waits and nothing can end that, or ``limit`` is reached.
            OptionInvalid: a program is none, or is for nobody; an event loop runs.
        """
        check_programs(programs, self.parties)
        refuse_event_loop()
        name, options = virtual_backend(self._scenario.backend)
        return anyio.run(self._run_all, programs, backend=name, backend_options=options)

    async def _run_all(self, programs: Programs) -> Result:
        async with self:
            for party in self.parties:
                if not isinstance(programs, Mapping):
                    self.start(party, programs)
                elif party in programs:
                    self.start(party, programs[party])
            return await self.finish()

    async def __aenter__(self) -> Self:
        """Begin, within an event loop on virtual time; see `virtual_backend`."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._running())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """Close all nodes."""
        return await self._stack.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        if self._run is not None:
            raise OptionInvalid("a simulation", "new for each run")
        self._run = Run(self._scenario, self._configs, self.log)
        self.log.scenario = self._scenario.plain()
        try:
            async with self._run.open(self._limit, self._patience):
                yield
        finally:
            self.log.scenario["faults"] = self._scenario.plain()["faults"]

    def start(self, party: str, program: Program) -> None:
        """Let a party live and run a program, while the simulation is open: ``async with``.

        Raises:
            DuplicateParty: it lives already.
        """
        self._scenario.check(party)
        self._open_run().start(party, program)

    async def finish(self) -> Result:
        """Wait until all programs have ended, close the nodes, and return what came of it."""
        run = self._open_run()
        await run.ended()
        passed, missed = run.now, tuple(run.missed)
        await run.close()
        return result_of(run.lives.values(), missed, passed, self.log)

    def _open_run(self) -> Run:
        if self._run is None:
            raise OptionInvalid("a call within a simulation", "made while it is open")
        return self._run

    def _open_network(self) -> SimulatedNetwork:
        return self._open_run().network

    def _time(self, at: float | None) -> float:
        if at is not None:
            return seconds("at", at)
        return 0.0 if self._run is None else self._run.now

    def _add(self, fault: Fault) -> None:
        self._scenario.faults.append(fault)
        if self._run is not None:
            self._run.plan(fault)


def _until(until: float | None, begin: float) -> float | None:
    if until is not None and seconds("until", until) <= begin:
        raise OptionInvalid("until", f"after {begin} s, when it begins")
    return until
