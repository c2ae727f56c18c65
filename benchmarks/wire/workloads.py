"""What both ends of a link do, and what is timed."""

import time
from collections.abc import Sequence
from typing import Literal

import attrs

from benchmarks.wire.link import Link

MIB = 1 << 20


@attrs.frozen
class Workload:
    """So many messages of one size.

    Attributes:
        kind: "round trips", one after the other, or "one way", as many as the link takes, and one
            answer when the last has come.
        unit: of the figure: us a message, messages a second, or MB/s.
    """

    name: str
    kind: Literal["round trips", "one way"]
    unit: Literal["us", "1/s", "MB/s"]
    size: int
    messages: int

    def of(self, share: float) -> "Workload":
        """Return it with a part of its messages, two at least; large ones stay as many."""
        if self.size >= MIB:
            return self
        return attrs.evolve(self, messages=max(2, int(self.messages * share)))

    def figure(self, seconds: float) -> float:
        """Return what all messages in so many seconds are."""
        if self.unit == "us":
            return seconds / self.messages * 1e6
        rate = self.messages / seconds
        return rate if self.unit == "1/s" else rate * self.size / 1e6


WORKLOADS = (
    Workload("round trip of 64 bytes", "round trips", "us", 64, 2_000),
    Workload("messages of 64 bytes", "one way", "1/s", 64, 100_000),
    Workload("values of 1 MiB", "one way", "MB/s", MIB, 256),
    Workload("values of 16 MiB", "one way", "MB/s", 16 * MIB, 20),
    Workload("values of 128 MiB", "one way", "MB/s", 128 * MIB, 3),
)


async def measure(link: Link, workloads: Sequence[Workload]) -> dict[str, float]:
    """Do all workloads as the end that measures; return the figures by name."""
    return {workload.name: await _measured(link, workload) for workload in workloads}


async def answer(link: Link, workloads: Sequence[Workload]) -> None:
    """Do all workloads as the other end."""
    for workload in workloads:
        await link.send(await link.receive())
        if workload.kind == "one way":
            for _ in range(workload.messages):
                await link.receive()
            await link.send(b"all")
        else:
            for _ in range(workload.messages):
                await link.send(await link.receive())


async def _measured(link: Link, workload: Workload) -> float:
    data = bytes(workload.size)
    await link.send(data)
    await link.receive()
    start = time.perf_counter()
    if workload.kind == "one way":
        for _ in range(workload.messages):
            await link.send(data)
        await link.receive()
    else:
        for _ in range(workload.messages):
            await link.send(data)
            await link.receive()
    return workload.figure(time.perf_counter() - start)
