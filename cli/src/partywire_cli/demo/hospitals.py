"""Runs all hospitals in one process, each as a party with a node of its own."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import anyio
from anyio import to_thread

from partywire import Node
from partywire_inmemory import network

from .computing import Compute
from .part import FAILURES, Agreed, OnPeerFailure, take_part
from .protocol import Result
from .records import Record
from .regression import Ridge
from .watching import Watching

T = TypeVar("T")


class HospitalsFailed(Exception):
    """There is no common result, because some hospitals' parts ended early.

    Attributes:
        failures: by hospital, what ended its part.
    """

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        lines = [f"  {who}: {type(why).__name__}: {why}" for who, why in failures.items()]
        super().__init__("\n".join(["the computation failed", *lines]))
        self.failures: dict[str, Exception] = dict(failures)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        results: by hospital that took part until the end, what it learned.
        dropped: the hospitals that crashed, or were let in by nobody.
        seconds: how long it took.
        refused: those of them that were let in by nobody.
        renewed: by hospital that attests itself, how often its certificate was renewed.
    """

    results: dict[str, Result]
    dropped: tuple[str, ...]
    seconds: float
    refused: tuple[str, ...] = ()
    renewed: Mapping[str, int] = field(default_factory=dict)


@dataclass
class JointFit:
    """The computation that the hospitals do together, and what came of each one's part.

    Attributes:
        records: by hospital, its own; no other hospital gets them.
        ridge: what they agreed on.
        watching: is told of their progress.
        on_peer_failure: whether one that fails ends the computation for the others.
        results: by hospital, what it learned.
        failures: by hospital, what ended its part early.
        renewed: by hospital, how often its certificate was renewed, where that is told.
    """

    records: Mapping[str, Sequence[Record]]
    ridge: Ridge
    watching: Watching
    on_peer_failure: OnPeerFailure = "peer"
    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)
    renewed: dict[str, int] = field(default_factory=dict)

    async def take_part(
        self, node: Node, rng: Random, compute: Compute = to_thread.run_sync
    ) -> None:
        """What one hospital does, with its node open."""
        agreed = Agreed(tuple(self.records), self.ridge, self.on_peer_failure)
        own = self.records[node.party]
        try:
            self.results[node.party] = await take_part(
                node, agreed, own, self.watching, rng, compute
            )
        except FAILURES as failure:
            self.failures[node.party] = failure
            self.watching.fail(node.party)

    def outcome(
        self, seconds: float, dropped: tuple[str, ...] = (), refused: tuple[str, ...] = ()
    ) -> Outcome:
        """What came of it, once the parts of all have ended.

        Raises:
            HospitalsFailed: the parts of some ended early, other than by a crash.
        """
        if self.failures:
            raise HospitalsFailed(_in_order(self.failures, self.records))
        results = _in_order(self.results, self.records)
        return Outcome(results, dropped, seconds, refused, _in_order(self.renewed, self.records))


def _in_order(values: Mapping[str, T], order: Mapping[str, object]) -> dict[str, T]:
    return {name: values[name] for name in order if name in values}


async def run_hospitals(joint: JointFit) -> Outcome:
    """Let every hospital fit the classifier together with the others, in real time.

    Raises:
        HospitalsFailed: not every hospital has a result. One that fails tells the others.
    """
    async with network(list(joint.records)) as parties:
        begun = anyio.current_time()
        async with joint.watching.shown(), anyio.create_task_group() as hospitals:
            for node in parties.values():
                hospitals.start_soon(joint.take_part, node, secrets.SystemRandom())
        return joint.outcome(anyio.current_time() - begun)
