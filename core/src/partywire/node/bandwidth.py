"""How fast a connection of a probe carries: one batch of filler, which the peer throws away."""

from typing import Final

import anyio

from partywire.delivery.filler import filler
from partywire.delivery.records import CHUNK, Batch, Receipt
from partywire.errors import Rejected, TransportError
from partywire.interfaces import Channel
from partywire.node.introduction import Introduction
from partywire.probing import Finding, Status

PATIENCE: Final = 5.0
"""Seconds that the filler may take."""
SIZE: Final = CHUNK
"""Bytes of filler: what one batch carries, at most."""

_SHORTEST: Final = 1e-6


async def measured(channel: Channel, introduction: Introduction, receiver: bytes) -> Finding:
    """Send filler on a connection that was greeted as a probe's, and time the answer.

    The time has a round trip in it, and the slow start of TCP. A longer transfer may be faster, so
    what is found is the least. Whatever becomes of it is a finding.

    Args:
        channel: the connection.
        introduction: how we have introduced ourselves on it.
        receiver: the incarnation of the peer.
    """
    data = introduction.surroundings.token(SIZE)
    batch = filler(introduction.incarnation, receiver, data)
    began = introduction.now()
    with anyio.move_on_after(PATIENCE):
        problem = await _answered(channel, batch)
        return _of_problem(problem) if problem else _of_time(introduction.now() - began)
    said = f"filler was not answered within {PATIENCE:.0f} s: the way is slow, or its node is busy"
    return _unknown(said)


async def _answered(channel: Channel, batch: Batch) -> TransportError | None:
    """Wait until a batch was answered; return why it was not."""
    problem: TransportError | None = None
    came = anyio.Event()

    def answered(_: Receipt) -> None:
        came.set()

    async def watch() -> None:
        nonlocal problem
        problem = await channel.broken()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        try:
            await channel.deliver(batch, answered)
            await came.wait()
        except TransportError as error:
            problem = error
        group.cancel_scope.cancel()
    return problem


def _of_time(seconds: float) -> Finding:
    seconds = max(seconds, _SHORTEST)
    speed = SIZE / seconds
    said = f"at least {speed / 1e6:.1f} MB/s to it: {SIZE >> 20} MiB in {seconds * 1000:.0f} ms"
    facts = {"bytes_per_second": speed, "bytes": SIZE, "seconds": seconds}
    return Finding("bandwidth", Status.OK, said, facts=facts)


def _of_problem(problem: TransportError) -> Finding:
    if isinstance(problem, Rejected):
        return _unknown("its node takes no filler of a probe; its partywire may be an older one")
    return _unknown(f"the connection broke: {problem.problem}")


def _unknown(said: str) -> Finding:
    return Finding("bandwidth", Status.UNKNOWN, said)
