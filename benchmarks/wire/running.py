"""All contenders over all workloads, compared with partywire."""

from statistics import median

from benchmarks.figures import Figure, Table
from benchmarks.wire.contenders import OURS
from benchmarks.wire.pairs import measured
from benchmarks.wire.workloads import WORKLOADS


def tables(runs: int) -> list[Table]:
    """Measure everything so many times; a table for each workload."""
    found = measured(runs)
    return [
        Table(
            f"Two processes on loopback: {workload.name}",
            [
                Figure(
                    name,
                    workload.unit,
                    tuple(values),
                    ratio=_ratio(values, found[workload.name]),
                )
                for name, values in found[workload.name].items()
            ],
            f"over {OURS}",
        )
        for workload in WORKLOADS
    ]


def _ratio(values: list[float], beside: dict[str, list[float]]) -> float:
    """Return the median of the ratios within each run."""
    return median(one / ours for one, ours in zip(values, beside[OURS], strict=True))
