"""The patient records, scaled to integers and dealt to the hospitals."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files

SCALE = 1000
"""The integer that stands for 1: measurements keep three decimals."""

Range = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Record:
    """One patient.

    ``features`` are integers from 0 to SCALE, the constant SCALE first (its coefficient is the
    intercept); ``label`` is 1 for a benign mass and -1 for a malignant one.
    """

    features: tuple[int, ...]
    label: int


def feature_names() -> list[str]:
    """The names of ``Record.features``, in order."""
    return ["(intercept)", *_public_ranges()]


def load() -> list[Record]:
    """All records of the data set, in the order of the file."""
    ranges = _public_ranges()
    return [_record(row, ranges) for row in _rows("wdbc.csv")]


def deal(records: Sequence[Record], hospitals: Sequence[str]) -> dict[str, list[Record]]:
    """Each hospital's own records: the patients take turns, first to first."""
    turns = len(hospitals)
    return {name: list(records[turn::turns]) for turn, name in enumerate(hospitals)}


def scaled(value: Fraction, low: Fraction, high: Fraction) -> int:
    """Where the value lies between low (0) and high (SCALE), rounded; outside means the edge."""
    position = round((value - low) / (high - low) * SCALE)
    return min(max(position, 0), SCALE)


def _record(row: dict[str, str], ranges: dict[str, Range]) -> Record:
    measured = (scaled(Fraction(row[name]), *ranges[name]) for name in ranges)
    return Record((SCALE, *measured), 1 if row["benign"] == "1" else -1)


def _public_ranges() -> dict[str, Range]:
    """The published range of each measurement: no hospital has to tell its own."""
    rows = _rows("wdbc_ranges.csv")
    return {row["measurement"]: (Fraction(row["low"]), Fraction(row["high"])) for row in rows}


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    lines: Iterable[str] = text.splitlines()
    return csv.DictReader(lines)
