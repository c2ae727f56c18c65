"""Run the benchmarks and print the figures: a table, or JSON with ``--json``.

Timings of one machine say little; compare ratios within one run.
"""

import sys
from collections.abc import Awaitable, Callable
from functools import partial

import anyio

from benchmarks import in_memory
from benchmarks.figures import Figure, as_json, as_table

RUNS = 5
MANY = 10_000
MESSAGES = 50 * MANY  # so many that opening a mailbox's first queue does not count

Measure = Callable[[], Awaitable[float]]


def measured(measures: dict[str, Measure]) -> dict[str, tuple[float, ...]]:
    """Run all measures in turn, several times, each in an event loop of its own."""
    values: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(RUNS):
        for name, measure in measures.items():
            values[name].append(anyio.run(measure))
    return {name: tuple(found) for name, found in values.items()}


def figures() -> list[Figure]:
    """Measure everything."""
    found = measured(
        {
            "floor": partial(in_memory.event_loop_floor, 5_000),
            "round trip": partial(in_memory.round_trip, 5_000),
            "one way": partial(in_memory.one_way, MESSAGES),
            "one way, many": partial(in_memory.one_way, MESSAGES, MANY),
            "idle": partial(in_memory.idle_session, 250),
        }
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


def main() -> None:
    """Measure and print."""
    found = figures()
    print(as_json(found) if "--json" in sys.argv[1:] else as_table(found))


if __name__ == "__main__":
    main()
