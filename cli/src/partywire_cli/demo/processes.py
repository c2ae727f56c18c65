"""Runs every hospital as a process of its own, which reaches the others over sockets."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import anyio
from anyio import to_thread

from . import circumstances
from .deployment import Deployment
from .endings import NoReport
from .hearing import Hearing, kill_at
from .hospitals import JointFit, Outcome
from .interrupts import interruptible
from .launching import SILENCE, Command, HospitalProcess, launched, python
from .saying import listed
from .simulated import Crash

Hospitals = dict[str, HospitalProcess]

TRIES = 5
"""How often other ports are tried, where somebody takes one that was free."""


@dataclass(frozen=True, slots=True)
class Processes:
    """How the hospitals are run.

    Attributes:
        backend: the event loop of each.
        pace: seconds by which steps are slowed down: the last hospital's by all of it.
        crashes: which processes are killed, and when.
    """

    deployment: Deployment
    backend: str = "asyncio"
    pace: float = 0
    crashes: Sequence[Crash] = ()

    def commands(self, folder: Path) -> dict[str, Command]:
        """Write the configs; returns how to start each process."""
        files = self.deployment.write(folder)
        return {
            name: python("hospital", file, *self._options(name, turn))
            for turn, (name, file) in enumerate(files.items())
        }

    @property
    def kill_in(self) -> dict[str, int]:
        """By hospital, the round as which it enters it is killed."""
        planned = sorted(((each.round or 0, each.party) for each in self.crashes), reverse=True)
        return {party: number for number, party in planned if number}

    def _options(self, name: str, turn: int) -> list[object]:
        pause = self.pace * (turn + 1) / len(self.deployment.parties)
        options = ["--turn", turn, "--backend", self.backend, "--pause", pause]
        return [*options, "--hold", self.kill_in[name]] if name in self.kill_in else options


async def run_processes(joint: JointFit, processes: Processes) -> Outcome:
    """Let every hospital fit the classifier together with the others, each in its own process.

    On leaving, however that is, no process and no file is left.

    Raises:
        HospitalsFailed: not every hospital that was not killed has a result.
        Interrupted: the program is to end.
    """
    run = _Run(joint, processes)
    async with interruptible(), _folder() as folder:
        await run.through(folder)
    hearing = run.hearing
    return joint.outcome(run.seconds, tuple(hearing.dropped), tuple(hearing.refused))


class _Run:
    def __init__(self, joint: JointFit, processes: Processes) -> None:
        self.hearing = Hearing(joint, processes.kill_in, processes.deployment.security.untrusted)
        self.seconds = 0.0
        self._joint = joint
        self._processes = processes

    async def through(self, folder: Path) -> None:
        """Start all, again where an address is taken, and hear them until they end."""
        shown = await to_thread.run_sync(self._processes.deployment.equip, folder)
        if shown:
            self._joint.watching.tell(circumstances.certificates(shown))
        for _ in range(TRIES):
            commands = await to_thread.run_sync(self._processes.commands, folder)
            async with _heard(commands) as hospitals:
                taken = {name: await self.hearing.opening(each) for name, each in hospitals.items()}
                if self._joint.failures:
                    return
                if not any(taken.values()):
                    await self._compute(hospitals)
                    return
            homeless = {name: says for name, says in taken.items() if says}
            for says in homeless.values():
                self._joint.watching.tell(says)
        for name, says in homeless.items():
            self._joint.failures[name] = NoReport(name, f"found no free address: {says}")

    async def _compute(self, hospitals: Hospitals) -> None:
        watching, begun = self._joint.watching, anyio.current_time()
        ids = listed([f"{name} {each.pid}" for name, each in hospitals.items()])
        watching.tell(f"Processes: {ids}.")
        async with watching.shown(), anyio.create_task_group() as executioners:
            for crash in self._processes.crashes:
                if crash.at is not None:
                    executioners.start_soon(kill_at, hospitals[crash.party], crash.at)
            async with anyio.create_task_group() as ears:
                for each in hospitals.values():
                    await each.begin()
                    ears.start_soon(self.hearing.hear, each)
            executioners.cancel_scope.cancel()
        self.seconds = anyio.current_time() - begun


@asynccontextmanager
async def _heard(commands: dict[str, Command]) -> AsyncIterator[Hospitals]:
    """Start the processes, and pass on what they write to standard error; at the end kill them."""
    async with launched(commands) as hospitals, anyio.create_task_group() as group:
        for each in hospitals.values():
            group.start_soon(_pass_on, each)
        yield hospitals
        for each in hospitals.values():
            each.kill()
        group.cancel_scope.deadline = anyio.current_time() + SILENCE


async def _pass_on(hospital: HospitalProcess) -> None:
    while (word := await hospital.word()) is not None:
        print(f"{hospital.name}: {word.decode(errors='backslashreplace')}", file=sys.stderr)


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """A folder that is gone afterwards."""
    path = await to_thread.run_sync(partial(mkdtemp, prefix="partywire-demo-"))
    try:
        yield Path(path)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(partial(rmtree, path, ignore_errors=True))
