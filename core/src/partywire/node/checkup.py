"""What calls to a peer bring to light that has no hello: whether it answers, and how fast."""

from collections.abc import Callable
from typing import Final

from partywire.identity import Identity
from partywire.interfaces import Transport, UnaryChannel
from partywire.probing import Finding, Status, Subject

CALLS: Final = 5
"""Health checks whose round trips are compared."""
FILLER: Final = 4 << 20
"""Bytes that are sent, and thrown away, to see how fast they get there."""

_UNTOLD: Final = {
    "hello": "the reference wire has none, so nobody knows since when its node runs",
    "roster": "the reference wire does not compare rosters",
    "clock": "the reference wire does not tell the time of its clock",
    "way_back": "whether it can call us is not known before it has",
}


async def checked(
    subject: Subject, transport: Transport, now: Callable[[], float]
) -> tuple[Identity, list[Finding]]:
    """Call a peer that takes single calls; return who is there, and what the calls show.

    Raises `IdentityError` and `TransportError`.
    """
    async with transport.call(subject.peer, subject.judge) as channel:
        trips = [await _trip(channel, now, b"") for _ in range(CALLS)]
        whole = await _trip(channel, now, bytes(FILLER))
        return channel.identity, _findings(min(trips), whole)


async def _trip(channel: UnaryChannel, now: Callable[[], float], payload: bytes) -> float:
    began = now()
    await channel.check(payload)
    return now() - began


def _findings(trip: float, whole: float) -> list[Finding]:
    speed = FILLER / max(whole - trip, 1e-6)
    untold = [Finding(check, Status.UNKNOWN, said) for check, said in _UNTOLD.items()]
    return [
        Finding("wire", Status.OK, "the reference wire", facts={"wire": "reference"}),
        Finding("health_check", Status.OK, f"answered {CALLS + 1} times"),
        Finding(
            "round_trip",
            Status.OK,
            f"{trip * 1000:.1f} ms, the shortest of {CALLS} health checks",
            facts={"seconds": trip},
        ),
        Finding(
            "bandwidth",
            Status.OK,
            f"{speed / 1e6:.1f} MB/s to it: {FILLER >> 20} MiB in {whole * 1000:.0f} ms",
            facts={"bytes_per_second": speed, "bytes": FILLER, "seconds": whole},
        ),
        *untold,
    ]
