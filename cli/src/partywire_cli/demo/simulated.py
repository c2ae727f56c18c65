"""Runs all hospitals on a network that is as bad as one likes, on virtual time."""

from dataclasses import dataclass
from random import Random

import anyio

from partywire import Node
from partywire_inmemory import Simulation

from .computing import at_once
from .hospitals import JointFit, Outcome


@dataclass(frozen=True, slots=True)
class Crash:
    """A hospital dies: when it enters a round, counted from 1, or at a time.

    One of ``round`` and ``at`` is None; ``at`` is in seconds.
    """

    party: str
    round: int | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class BadNetwork:
    """The links, all alike, and what else goes wrong.

    Attributes:
        latency: seconds that everything is on its way.
        jitter: up to so many seconds more.
        loss: the probability that something gets lost, and has to be sent again.
    """

    seed: int
    latency: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    crashes: tuple[Crash, ...] = ()


def simulate(joint: JointFit, network: BadNetwork, backend: str) -> Outcome:
    """Let the hospitals fit the classifier, each as long as it lives.

    With the same arguments the same happens at the same virtual times on asyncio. The seconds of
    the outcome are virtual.

    Raises:
        HospitalsFailed: not every hospital that did not crash has a result.
    """
    simulation = Simulation(list(joint.records), seed=network.seed, backend=backend)
    simulation.every_link().set(latency=network.latency, jitter=network.jitter, loss=network.loss)
    for crash in network.crashes:
        entered = None if crash.round is None else crash.round - 1
        simulation.crash(crash.party, round=entered, at=crash.at)

    async def live(node: Node) -> None:
        try:
            await joint.take_part(node, randomness(network.seed, node.party), at_once)
        except anyio.get_cancelled_exc_class():
            joint.watching.stop(node.party)
            raise

    result = simulation.run(live)
    result.values()
    return joint.outcome(result.seconds, result.crashed)


def randomness(seed: int, name: str) -> Random:
    """A hospital's own, which can be repeated, and by whoever knows the seed."""
    return Random(f"{seed} {name}")  # noqa: S311 - for simulations, which say so
