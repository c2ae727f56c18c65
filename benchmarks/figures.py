"""Figures of repeated runs, as tables for people and as JSON."""

import json
import statistics
from collections.abc import Sequence

import attrs


@attrs.frozen
class Figure:
    """One thing measured several times.

    Attributes:
        name: what was measured.
        unit: of the values.
        values: one a run.
        goal: what the project aims at.
        ratio: how many times what it is compared with it is, where it is compared.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    goal: str = ""
    ratio: float | None = None

    @property
    def median(self) -> float:
        """The value to quote."""
        return statistics.median(self.values)

    @property
    def beside(self) -> str:
        """What stands beside it in a table."""
        return self.goal if self.ratio is None else f"{self.ratio:.2f}"


@attrs.frozen
class Table:
    """Figures that belong together.

    Attributes:
        title: what all of them are.
        beside: the heading over what stands beside them.
    """

    title: str
    figures: Sequence[Figure]
    beside: str

    def as_markdown(self) -> str:
        """Return the table for people."""
        rows = [
            f"### {self.title}\n",
            f"| figure | median | least | most | unit | {self.beside} |",
            "|---|---|---|---|---|---|",
        ]
        rows += [
            f"| {figure.name} | {figure.median:,.2f} | {min(figure.values):,.2f} "
            f"| {max(figure.values):,.2f} | {figure.unit} | {figure.beside} |"
            for figure in self.figures
        ]
        return "\n".join(rows)


def as_json(tables: Sequence[Table]) -> str:
    """Return all figures as JSON: a list of tables, with medians."""
    return json.dumps(
        [
            attrs.asdict(table)
            | {"figures": [{**attrs.asdict(f), "median": f.median} for f in table.figures]}
            for table in tables
        ],
        indent=2,
    )
