"""All kinds of connections, in turn and several times, as figures."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import attrs

from benchmarks.figures import Figure, Table
from benchmarks.setup.caller import caller
from tests.attested.deployment import Deployment

PLAIN = "mutual TLS"
KINDS: dict[str, str | None] = {
    PLAIN: None,
    "attested, level certificate": "certificate",
    "attested, level bound, both ends": "bound",
}
"""What each end asks of the other."""
TURNS = 30
FIRST = 3
"""Connections before those that count."""


TITLES = ("Connection set-up", "Connection set-up, processor time of both ends")


@attrs.frozen
class Measured:
    """Medians of connections, and the level by which the other end was taken.

    Attributes:
        milliseconds: that one took; and that it kept a processor busy.
        level: None where nothing was attested.
    """

    milliseconds: tuple[float, float]
    level: str | None


def tables(runs: int, turns: int = TURNS) -> list[Table]:
    """Measure everything so many times; ratios are to plain mutual TLS, within each run."""
    values: dict[str, list[Measured]] = {name: [] for name in KINDS}
    for _ in range(runs):
        for name, level in KINDS.items():
            values[name].append(connections(level, turns))
    return [_table(title, position, values) for position, title in enumerate(TITLES)]


def _table(title: str, position: int, values: dict[str, list[Measured]]) -> Table:
    of = {name: [each.milliseconds[position] for each in found] for name, found in values.items()}
    figures = [
        Figure(name, "ms", tuple(found), ratio=_ratio(found, of[PLAIN]))
        for name, found in of.items()
    ]
    return Table(title, figures, f"over {PLAIN}")


def connections(level: str | None, turns: int) -> Measured:
    """Set up so many connections, one after the other."""
    with TemporaryDirectory() as folder, _without_warnings():
        unpaced = {"proof_burst": 2 * (turns + FIRST)}
        deployment = Deployment(Path(folder), level=level, limits=unpaced)
        return asyncio.run(_connections(deployment, turns))


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep back that a development module proves nothing, which each opening says."""
    log = logging.getLogger("partywire")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


async def _connections(deployment: Deployment, turns: int) -> Measured:
    async with (
        deployment.node("bob"),
        caller(deployment.configs["alice"], "bob") as calling,
    ):
        for _ in range(FIRST):
            await calling.connect()
        times = [await calling.connect() for _ in range(turns)]
    lasted, worked = (median(each) * 1e3 for each in zip(*times, strict=True))
    return Measured((lasted, worked), calling.identity.claims.get("level"))


def _ratio(values: list[float], beside: list[float]) -> float:
    return median(one / plain for one, plain in zip(values, beside, strict=True))
