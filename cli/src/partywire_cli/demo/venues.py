"""Where the hospitals meet: in this process, on a simulated network, or as processes."""

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from signal import SIGINT

import anyio
import click

from partywire.plugins import Plugins

from . import circumstances
from .hospitals import JointFit, Outcome, run_hospitals
from .interrupts import Interrupted, unwrapped
from .processes import Processes, run_processes
from .simulated import BadNetwork, simulate
from .traffic import Traffic


class Venue(ABC):
    """Runs the hospitals, and says in words how.

    Attributes:
        pace: seconds by which the hospitals' programs are slowed down, where they run here.
        virtual: whether they live on virtual time.
    """

    pace: float = 0.0
    virtual: bool = False

    def introduction(self) -> list[str]:
        """What there is to know before they begin."""
        return []

    @abstractmethod
    def run(self, joint: JointFit) -> Outcome:
        """Let them fit the classifier. Raises HospitalsFailed."""

    def end(self, outcome: Outcome, traffic: list[Traffic]) -> list[str]:
        """What there is to know afterwards."""
        return []


@dataclass
class InMemory(Venue):
    """All in this process, in real time."""

    backend: str
    pace: float

    def run(self, joint: JointFit) -> Outcome:
        """Run the event loop."""
        with unwrapped():
            return anyio.run(run_hospitals, joint, backend=self.backend)


@dataclass
class Simulated(Venue):
    """All in this process, on a bad network."""

    backend: str
    network: BadNetwork
    virtual = True

    def introduction(self) -> list[str]:
        """How bad the network is."""
        return circumstances.simulation(self.network)

    def run(self, joint: JointFit) -> Outcome:
        """Run the simulation."""
        return simulate(joint, self.network, self.backend)

    def end(self, outcome: Outcome, traffic: list[Traffic]) -> list[str]:
        """Who was spared, and what it took."""
        return [
            *circumstances.spared(self.network.crashes, outcome),
            circumstances.total(outcome, traffic),
        ]


@dataclass
class Separate(Venue):
    """A process for each."""

    processes: Processes

    def introduction(self) -> list[str]:
        """What protects the messages, and who is killed."""
        return circumstances.processes(self.processes.deployment, self.processes.crashes)

    def run(self, joint: JointFit) -> Outcome:
        """Start the processes and hear them. Raises click's errors for an installation without."""
        security = self.processes.deployment.security
        if sys.platform == "win32":
            raise click.UsageError(
                f"--transport {security.plugin} needs POSIX: its processes are killed; "
                "--transport inmemory runs here"
            )
        installed = {each.name for each in Plugins().installed()}
        if security.extra and security.plugin not in installed:
            raise click.ClickException(
                f"the transport {security.plugin} is not installed, which belongs on no machine "
                f"with real secrets; to try it: pip install 'partywire-cli[{security.extra}]'"
            )
        backend = self.processes.backend
        try:
            with unwrapped():
                return anyio.run(run_processes, joint, self.processes, backend=backend)
        except Interrupted as interrupted:
            if interrupted.number == SIGINT:
                raise KeyboardInterrupt from None
            sys.exit(128 + interrupted.number)

    def end(self, outcome: Outcome, traffic: list[Traffic]) -> list[str]:
        """Who was spared, how often certificates were renewed, and who proved whom."""
        return [
            *circumstances.spared(self.processes.crashes, outcome),
            *circumstances.renewed(self.processes.deployment.security, outcome),
            *circumstances.proved(self.processes.deployment.security, outcome),
        ]
