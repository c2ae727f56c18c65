"""All measures in memory, in turn and several times, as figures."""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio

from benchmarks.figures import Figure
from benchmarks.in_memory import measures

MANY = 10_000
MESSAGES = 50 * MANY  # so many that opening a mailbox's first queue does not count

Measure = Callable[[], Awaitable[float]]


def measured(runs: int) -> list[Figure]:
    """Measure everything so many times."""
    found = _values(
        runs,
        {
            "floor": partial(measures.event_loop_floor, 5_000),
            "round trip": partial(measures.round_trip, 5_000),
            "one way": partial(measures.one_way, MESSAGES),
            "one way, many": partial(measures.one_way, MESSAGES, MANY),
            "idle": partial(measures.idle_session, 250),
        },
    )
    ratio = tuple(
        one / many for one, many in zip(found["one way"], found["one way, many"], strict=True)
    )
    above = tuple(
        trip / floor for trip, floor in zip(found["round trip"], found["floor"], strict=True)
    )
    return [
        Figure("two tasks wake each other once", "us", found["floor"]),
        Figure("round trip of 64 bytes", "us", found["round trip"], "under 30"),
        Figure("round trip over two wake-ups", "ratio", above),
        Figure("messages of 64 bytes one way", "1/s", found["one way"], "200,000"),
        Figure(f"the same over {MANY:,} open sessions", "1/s", found["one way, many"]),
        Figure(f"cost of a message, {MANY:,} sessions over one", "ratio", ratio, "at most 1.25"),
        Figure("an idle session of four parties", "bytes a party", found["idle"], "under 8,192"),
    ]


def _values(runs: int, named: dict[str, Measure]) -> dict[str, tuple[float, ...]]:
    """Run all measures in turn, each in an event loop of its own."""
    values: dict[str, list[float]] = {name: [] for name in named}
    for _ in range(runs):
        for name, measure in named.items():
            values[name].append(anyio.run(measure))
    return {name: tuple(found) for name, found in values.items()}
