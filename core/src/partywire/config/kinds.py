"""The types that a config's keys may have, in words."""

import types
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NewType, TypeAlias, TypeVar, get_args, get_origin

import attrs

from partywire.config.mistakes import shown
from partywire.config.units import size_text, time_text
from partywire.delivery.limits import Between, Unit

T = TypeVar("T")
Kind: TypeAlias = Any
"""A type as an annotation writes it, ``Annotated`` and unions included."""

PartyId = NewType("PartyId", str)
"""The type of a key that holds a party id."""

_WORDS: Final[dict[Kind, str]] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    Any: "anything",
    PartyId: "a party id (lowercase letters, digits, hyphens and dots; labels of 1 to 63 that "
    "neither start nor end with a hyphen; at most 64 characters; no IP address)",
}
_QUANTITIES: Final = {
    "bytes": ('a size such as 4096 or "64MiB"', size_text),
    "seconds": ('a time such as "100ms", "1.5s" or "15min"', time_text),
}


def noted(kind: Kind, sort: type[T]) -> T | None:
    """Return the first note of that class on an ``Annotated`` type."""
    return next((note for note in get_args(kind)[1:] if isinstance(note, sort)), None)


def origin(kind: Kind) -> object:
    """Return what a type was made of: ``list`` of ``list[int]``, ``Annotated`` or ``Literal``."""
    return get_origin(kind)


def type_text(kind: Kind) -> str:
    """Return what a key of that type takes, such as ``a whole number from 1 to 32``."""
    if kind in _WORDS:
        return _WORDS[kind]
    if origin(kind) is Annotated:
        return _number_text(kind)
    if origin(kind) is Literal:
        return " or ".join(shown(choice) for choice in get_args(kind))
    if types.NoneType in get_args(kind):
        return type_text(next(item for item in get_args(kind) if item is not types.NoneType))
    return "a table" if attrs.has(kind) or origin(kind) is dict else "a list"


def _number_text(kind: Kind) -> str:
    unit, bounds = noted(kind, Unit), noted(kind, Between)
    words, write = _QUANTITIES[unit.name] if unit else (type_text(get_args(kind)[0]), str)
    if bounds is None:
        return words
    return f"{words}, from {write(bounds.least)} to {write(bounds.most)}"
