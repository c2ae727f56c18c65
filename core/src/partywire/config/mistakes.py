"""What is wrong with a config, in words, with the key as it stands in the file."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from typing import Any, Final, TypeAlias

import attrs
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)

from partywire.errors import Mistake, outside_text

Place = tuple[str | int, ...]
"""Where something stands: names of keys, and positions in lists."""
Given: TypeAlias = Any
"""A value as it was written."""

_BARE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECRET = re.compile(r"(key|secret|token|password|passphrase)s?\Z", re.IGNORECASE)
_SORTS: Final = ((Mapping, "a table"), ((list, tuple), "a list"), ((date, time), "a date or time"))
_SHORT: Final = 1 << 64


class Wrong(ValueError):
    """A value is not what its key takes; ``expected`` says what that is."""

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.value = value


def key_text(place: Place) -> str:
    """Return a place as people write it, such as ``peer[1].address``; positions count from 0."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in place]
    return "".join(parts).removeprefix(".")


def shown(value: object) -> str:
    """Return a value from the file, escaped and cut, or what sort of thing it is."""
    if isinstance(value, str):
        return f'"{outside_text(value)}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _SHORT):
        return str(value)
    return _sort(value)


def unknown(place: Place, known: Iterable[str]) -> Mistake:
    """Return the mistake of a key that nobody asked for."""
    near = difflib.get_close_matches(str(place[-1]), list(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return Mistake(key_text(place), f"unknown key{hint}")


def missing(place: Place) -> Mistake:
    """Return the mistake of a key that has to be there."""
    return Mistake(key_text(place), "missing")


def wrong(place: Place, expected: str, value: object) -> Mistake:
    """Return the mistake of a value that its key does not take; secret values are not shown."""
    given = _sort(value) if _is_secret(place) else shown(value)
    return Mistake(key_text(place), f"expected {expected}, not {given}")


def mistakes_of(error: Exception, place: Place, value: object) -> Iterator[Mistake]:
    """Yield the mistakes that reading the value at ``place`` came upon.

    Raises anything that is no mistake of the file but a fault of the class that was read.
    """
    if isinstance(error, (ClassValidationError, IterableValidationError)):
        for inner in error.exceptions:
            yield from _inner_mistakes(inner, place, value)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [field.name for field in attrs.fields(error.cl)]
        yield from (unknown((*place, key), known) for key in sorted(error.extra_fields, key=str))
    elif isinstance(error, Wrong):
        yield wrong(place, error.expected, error.value)
    elif isinstance(error, ValueError):
        yield _refused(error, place, value)
    else:
        raise error


def _inner_mistakes(error: Exception, place: Place, value: Given) -> Iterator[Mistake]:
    """Yield the mistakes of one of a group, which is one step further if cattrs noted a step."""
    step = _step(error)
    if step is None:
        yield from mistakes_of(error, place, value)
    elif isinstance(error, KeyError):
        yield missing((*place, step))
    else:
        yield from mistakes_of(error, (*place, step), value[step])


def _step(error: Exception) -> str | int | None:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return note.name
        if isinstance(note, IterableValidationNote):
            return note.index
    return None


def _refused(error: ValueError, place: Place, value: object) -> Mistake:
    """Return the mistake that a class's own validator found; attrs says of which field."""
    fields = [fact.name for fact in error.args if isinstance(fact, attrs.Attribute)]
    words = str(error.args[0]) if error.args else ""
    place = (*place, *fields)
    if not words or _is_secret(place) or any(secret in words for secret in _secrets(value)):
        words = "not allowed"
    return Mistake(key_text(place), outside_text(words, 256))


def _secrets(value: object) -> Iterator[str]:
    """Yield the secret values of a table and of those in it, as text."""
    if not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        if _is_secret((name,)) and isinstance(inner, (str, int, float)) and inner != "":
            yield inner if isinstance(inner, str) else shown(inner)
        yield from _secrets(inner)


def _is_secret(place: Place) -> bool:
    return any(isinstance(part, str) and _SECRET.search(part) for part in place)


def _sort(value: object) -> str:
    if isinstance(value, str):
        return "this text"
    if isinstance(value, bool):
        return "this value"
    if isinstance(value, (int, float)):
        return "this number"
    named = (name for sort, name in _SORTS if isinstance(value, sort))
    return next(named, f"a value of type {type(value).__name__}")


def _key(name: object) -> str:
    text = str(name)
    return text if _BARE.fullmatch(text) else f'"{outside_text(text)}"'
