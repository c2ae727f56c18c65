"""Runs all hospitals in one process, each as a party with a node of its own."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from random import Random

import anyio

from partywire import Node, PartywireError
from partywire_inmemory import network

from .field import NoSuchFraction
from .matrices import SingularMatrix
from .protocol import Result, fit
from .records import Record
from .regression import Ridge, TooManyRecords
from .shamir import InconsistentShares
from .sharing import MalformedShares
from .watching import Watching

READY_SECONDS = 60

FAILURES = (
    PartywireError,
    MalformedShares,
    InconsistentShares,
    SingularMatrix,
    NoSuchFraction,
    TooManyRecords,
)
"""What can end a hospital's part. Anything else is a bug, and is not caught."""


class HospitalsFailed(Exception):
    """There is no common result, because some hospitals' parts ended early.

    Attributes:
        failures: by hospital, what ended its part.
    """

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        lines = [f"  {who}: {type(why).__name__}: {why}" for who, why in failures.items()]
        super().__init__("\n".join(["the computation failed", *lines]))
        self.failures: dict[str, Exception] = dict(failures)


async def run_hospitals(
    records: Mapping[str, Sequence[Record]], ridge: Ridge, watching: Watching, seed: int | None
) -> dict[str, Result]:
    """Let every hospital fit the classifier together with the others.

    Args:
        records: by hospital, its own; no other hospital gets them.
        ridge: what they agreed on.
        watching: is told of their progress.
        seed: for a run that can be repeated, and whose secrets can therefore be guessed.

    Returns:
        What each hospital learned.

    Raises:
        HospitalsFailed: not every hospital has a result. One that fails tells the others, so
            that all of them end.
    """
    results: dict[str, Result] = {}
    failures: dict[str, Exception] = {}

    async def run(name: str, node: Node) -> None:
        rng, everybody = randomness(seed, name), sorted(records)
        try:
            results[name] = await run_hospital(
                name, node, everybody, records[name], ridge, watching, rng
            )
        except FAILURES as failure:
            failures[name] = failure
            watching.fail(name)

    async with network(list(records)) as parties:
        async with watching.shown(), anyio.create_task_group() as hospitals:
            for name, node in parties.items():
                hospitals.start_soon(run, name, node)
        if failures:
            raise HospitalsFailed(failures)
    return {name: results[name] for name in records}


async def run_hospital(
    name: str,
    node: Node,
    everybody: Sequence[str],
    records: Sequence[Record],
    ridge: Ridge,
    watching: Watching,
    rng: Random,
) -> Result:
    """What one hospital does: wait for the others, open the session, compute."""
    await node.ready(timeout=READY_SECONDS)
    async with node.session("hospitals-ridge", attempt=1, parties=everybody) as session:
        watching.begin(name, session)
        result = await fit(session, records, ridge, rng=rng, watch=partial(watching.step, name))
        watching.end(name)
    return result


def randomness(seed: int | None, name: str) -> Random:
    """The operating system's randomness, or a hospital's predictable own where there is a seed."""
    if seed is None:
        return secrets.SystemRandom()
    return Random(f"{seed} {name}")  # noqa: S311 - asked for by --seed, which warns of it
