"""What a hospital's process tells its parent: lines of JSON, read strictly.

A line is an object with the kind of report, and the fields of that kind and no others. Whole
numbers are not negative and have at most 63 bits, text is at most `MOST_TEXT` characters, a
fraction is text such as ``"-3/7"``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from fractions import Fraction
from math import isfinite
from types import MappingProxyType
from typing import Any, get_args, get_origin, get_type_hints

from .protocol import Result
from .traffic import Seen

MOST_BYTES = 1 << 18
"""Bytes of one line."""
MOST_TEXT = 4096
MOST_ITEMS = 256

_FRACTION = re.compile(r"-?[0-9]{1,4000}(/[0-9]{1,4000})?", re.ASCII)


class NotAReport(ValueError):
    """A line that is no report; the sentence says what is wrong, and holds nothing of the line."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The node is open: it listens at its address."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The node cannot be opened, because somebody else is at its address."""

    says: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the hospital is: how many steps it has begun, and what is seen of its session."""

    begun: int
    seen: Seen


@dataclass(frozen=True, slots=True)
class Missed:
    """A step, counted from 1, was done without a party."""

    step: int
    party: str
    why: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The hospital has done all steps; its certificate was renewed so often meanwhile."""

    result: Result
    seen: Seen
    renewed: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The hospital's part ended early, after it had begun some steps."""

    begun: int
    kind: str
    says: str


Report = Opened | Taken | Progress | Missed | Finished | Failed
_KINDS: Mapping[str, type[Any]] = MappingProxyType(
    {kind.__name__.lower(): kind for kind in get_args(Report)}
)


def encode(report: Report) -> bytes:
    """The report as a line."""
    told = {"report": type(report).__name__.lower(), **asdict(report)}
    return json.dumps(told, default=str, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Report:
    """What ``encode`` made a line of; the newline may be missing.

    Raises:
        NotAReport: it made no such line.
    """
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise NotAReport("not JSON") from None
    kind = told.pop("report", None) if isinstance(told, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise NotAReport("it is of no kind")
    report: Report = _object(_KINDS[kind], told, kind)
    return report


def _read(kind: Any, value: object, where: str) -> Any:
    """The value as what it has to be."""
    if is_dataclass(kind):
        return _object(kind, value, where)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], item, where) for item in _some(list, value, where))
    if get_origin(kind) is dict:
        pairs = _some(dict, value, where).items()
        return {_text(key, where): _read(get_args(kind)[1], item, where) for key, item in pairs}
    return _SCALARS[kind](value, where)


def _object(kind: Any, value: object, where: str) -> Any:
    fields = get_type_hints(kind)
    if not isinstance(value, dict) or set(value) != set(fields):
        raise NotAReport(f"{where} has not the fields {', '.join(fields) or 'of none'}")
    return kind(**{name: _read(fields[name], value[name], name) for name in fields})


def _some(kind: type[Any], value: object, where: str) -> Any:
    if not isinstance(value, kind) or len(value) > MOST_ITEMS:
        raise NotAReport(f"{where} is no {kind.__name__} of at most {MOST_ITEMS}")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise NotAReport(f"{where} is no text of at most {MOST_TEXT} characters")
    return value


def _number(value: object, where: str) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise NotAReport(f"{where} is no whole number")
    return value


def _seconds(value: object, where: str) -> float:
    if type(value) is not float or not isfinite(value):
        raise NotAReport(f"{where} is no number of seconds")
    return value


def _fraction(value: object, where: str) -> Fraction:
    if not isinstance(value, str) or not _FRACTION.fullmatch(value):
        raise NotAReport(f"{where} is no fraction")
    try:
        return Fraction(value)
    except ZeroDivisionError:
        raise NotAReport(f"{where} is a fraction of nothing") from None


_SCALARS: Mapping[type[Any], Any] = MappingProxyType(
    {str: _text, int: _number, float: _seconds, Fraction: _fraction}
)
