"""What the options of ``partywire demo`` ask for, all together."""

import secrets
from dataclasses import dataclass

import click

from partywire.config.units import time_text
from partywire_inmemory import party_names

from .attested import attested
from .deployment import Deployment
from .part import OnPeerFailure
from .processes import Processes
from .saying import listed
from .security import MUTUAL_TLS, SECURITIES, Security
from .simulated import BadNetwork, Crash
from .venues import InMemory, Separate, Simulated, Venue

IN_MEMORY = "inmemory"
TRANSPORTS = (*SECURITIES, IN_MEMORY)
HOSPITALS = ("north", "south", "east", "west")
FEWEST, MOST = 4, 16
SHORTEST, LIFETIME = 10.0, 3 * 3600.0
LIFETIMES = f"{time_text(SHORTEST)} to {time_text(LIFETIME)}"
"""Seconds that certificates of attested hospitals last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options by their names; None where one is not given."""

    parties: int | None
    backend: str
    transport: str | None
    pace: float
    on_peer_failure: OnPeerFailure
    seed: int | None
    latency: float | None
    jitter: float | None
    loss: float | None
    crashes: tuple[Crash, ...]
    reference: tuple[str, ...] = ()
    attested: bool = False
    untrusted_release: str | None = None
    lifetime: float | None = None

    @property
    def carrier(self) -> str:
        """The transport that was asked for; else mutual TLS, unless a network is simulated."""
        return self.transport or (IN_MEMORY if self._of_links else MUTUAL_TLS.plugin)

    @property
    def names(self) -> tuple[str, ...]:
        """The hospitals'."""
        plain = self.parties is None and not self._simulates and not self.attested
        return HOSPITALS if plain else party_names(self.parties or FEWEST)

    def venue(self) -> Venue:
        """Where they meet.

        Raises:
            click.UsageError: some options do not go together.
        """
        self._check_attested()
        security = self._security
        if security is not None:
            return self._processes(security)
        if self.reference:
            raise click.UsageError("--reference is for processes: in memory there is one wire")
        if not self._simulates:
            return InMemory(self.backend, self.pace)
        if self.pace:
            raise click.UsageError("--pace is for real time, and a simulation has virtual time")
        return Simulated(self.backend, self._network())

    def _check_attested(self) -> None:
        if not self.attested:
            if self.untrusted_release is not None or self.lifetime is not None:
                raise click.UsageError("--untrusted-release and --lifetime are for --attested")
        elif self.carrier != MUTUAL_TLS.plugin:
            raise click.UsageError("--attested is for mutual TLS between processes")
        elif self.reference:
            raise click.UsageError(
                "--attested proves every connection, and the reference wire cannot: leave "
                "--reference out"
            )
        elif not SHORTEST <= self._lifetime <= LIFETIME:
            raise click.UsageError(f"--lifetime is {LIFETIMES}")

    @property
    def _security(self) -> Security | None:
        if self.attested:
            return attested(self.untrusted_release, self._lifetime)
        return SECURITIES.get(self.carrier)

    @property
    def _lifetime(self) -> float:
        return LIFETIME if self.lifetime is None else self.lifetime

    @property
    def _simulates(self) -> bool:
        return self.carrier not in SECURITIES and bool(self.crashes or self._of_links)

    @property
    def _of_links(self) -> list[str]:
        """The options given that only a simulation has."""
        given = {
            "--seed": self.seed,
            "--latency": self.latency,
            "--jitter": self.jitter,
            "--loss": self.loss,
        }
        return [option for option, value in given.items() if value is not None]

    def _network(self) -> BadNetwork:
        return BadNetwork(
            secrets.randbelow(2**32) if self.seed is None else self.seed,
            self.latency or 0.0,
            self.jitter or 0.0,
            self.loss or 0.0,
            self.crashes,
        )

    def _processes(self, security: Security) -> Separate:
        if self._of_links:
            raise click.UsageError(
                f"{listed(self._of_links)}: only a network in memory is simulated; without "
                f"--transport {security.plugin} it is"
            )
        deployment = Deployment(
            self.names, self.on_peer_failure, security=security, reference=frozenset(self.reference)
        )
        return Separate(Processes(deployment, self.backend, self.pace, self.crashes))
