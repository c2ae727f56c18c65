"""Figures of repeated runs, as a table for people and as JSON."""

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
        goal: what the project aims at, in words; empty where it aims at nothing.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    goal: str = ""

    @property
    def median(self) -> float:
        """The value to quote."""
        return statistics.median(self.values)


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    rows = ["| figure | median | least | most | unit | goal |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {figure.name} | {figure.median:,.2f} | {min(figure.values):,.2f} "
        f"| {max(figure.values):,.2f} | {figure.unit} | {figure.goal} |"
        for figure in figures
    ]
    return "\n".join(rows)


def as_json(figures: Sequence[Figure]) -> str:
    """Return the figures as JSON."""
    return json.dumps(
        [{**attrs.asdict(figure), "median": figure.median} for figure in figures], indent=2
    )
