"""Reading values strictly into types: nothing is converted that was not written as what is wanted.

What a config class may hold: ``str``, ``int``, ``float``, ``bool``, ``Path``, `PartyId`,
``Literal``, attrs classes; lists, tuples of any length, and sets of such; ``dict[str, ...]``; each
of them or None; and ``Annotated`` with `Between` and `Unit`. All else is a fault of the class.
"""

import math
import types
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn, TypeVar, Union, get_args

import attrs
from cattrs import Converter
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.errors import StructureHandlerNotFoundError
from cattrs.gen import make_dict_structure_fn

from partywire.config.kinds import Kind, PartyId, noted, origin, type_text
from partywire.config.mistakes import Wrong
from partywire.config.units import parse_size, parse_time
from partywire.delivery.ids import is_party_id
from partywire.delivery.limits import Between, Unit

T = TypeVar("T")
Hook = Callable[[Any, Kind], Any]

_SCALARS: Final = (str, int, bool)
_LISTS: Final[Mapping[Kind, Callable[[list[Any]], object]]] = {
    list: list,
    tuple: tuple,
    Sequence: tuple,
    set: set,
    frozenset: frozenset,
}
_TABLES: Final = (dict, Mapping)
_UNIONS: Final = (Union, types.UnionType)


@lru_cache(maxsize=8)  # cattrs compiles what reads a class, once for each converter
def strict_converter(folder: Path) -> Converter:
    """Return a converter whose relative paths start at ``folder``."""
    converter = Converter(forbid_extra_keys=True)
    factories: tuple[tuple[Callable[[Kind], bool], Callable[[Kind, Converter], Hook]], ...] = (
        (lambda _: True, _unsupported),
        (attrs.has, _table),
        (lambda kind: origin(kind) in _LISTS, _list),
        (lambda kind: origin(kind) in _TABLES, _dict),
        (lambda kind: origin(kind) in _UNIONS, _optional),
        (lambda kind: origin(kind) is Literal, _choice),
        (lambda kind: origin(kind) is Annotated, _number_of),
        (lambda kind: kind is Any, lambda _kind, _: lambda value, _: value),
    )
    for predicate, factory in factories:
        converter.register_structure_hook_factory(predicate, factory)
    for scalar in (*_SCALARS, bytes):
        converter.register_structure_hook(scalar, _scalar)
    converter.register_structure_hook(float, _float)
    converter.register_structure_hook(Path, lambda value, _: _path(folder, value))
    converter.register_structure_hook(PartyId, _party)
    return converter


def _unsupported(kind: Kind, _: Converter | None = None) -> NoReturn:
    raise StructureHandlerNotFoundError(f"no key of a config can be of type {kind}", kind)


def _scalar(value: object, kind: Kind) -> object:
    """Read one of the scalars; cattrs asks here for their subclasses too."""
    if kind not in _SCALARS:
        _unsupported(kind)
    return _wanted(type(value) is kind, type_text(kind), value)


def _float(value: object, _: object) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Wrong("a number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    _wanted(math.isfinite(number), "a finite number", value)
    return number


def _path(folder: Path, value: object) -> Path:
    if not isinstance(value, (str, Path)) or not value or "\0" in str(value):
        raise Wrong("a path", value)
    return folder / value


def _party(value: object, _: object) -> PartyId:
    if not isinstance(value, str) or not is_party_id(value):
        raise Wrong(type_text(PartyId), value)
    return PartyId(value)


def _table(kind: Kind, converter: Converter) -> Hook:
    attrs.resolve_types(kind)
    read = make_dict_structure_fn(kind, converter)
    return lambda value, _: read(_wanted(isinstance(value, Mapping), "a table", value), kind)


def _dict(kind: Kind, converter: Converter) -> Hook:
    read = mapping_structure_factory(kind, converter, dict)
    return lambda value, _: read(_wanted(isinstance(value, Mapping), "a table", value), kind)


def _list(kind: Kind, converter: Converter) -> Hook:
    """Read lists; a tuple may be of any length, but not of different types."""
    make, (item, *rest) = _LISTS[origin(kind)], get_args(kind)
    if rest not in ([], [...]):
        _unsupported(kind)
    items = list_structure_factory(list[item], converter)  # type: ignore[valid-type]

    def read(value: object, _: object) -> object:
        if not isinstance(value, (list, tuple)):
            raise Wrong("a list", value)
        return make(items(value, list))

    return read


def _optional(kind: Kind, converter: Converter) -> Hook:
    wanted = [item for item in get_args(kind) if item is not types.NoneType]
    if len(wanted) != 1:
        _unsupported(kind)
    read = converter.get_structure_hook(wanted[0])
    return lambda value, _: None if value is None else read(value, wanted[0])


def _choice(kind: Kind, _: Converter) -> Hook:
    choices = [(type(choice), choice) for choice in get_args(kind)]
    return lambda value, _: _wanted((type(value), value) in choices, type_text(kind), value)


def _number_of(kind: Kind, converter: Converter) -> Hook:
    """Read a number that has bounds, a unit, or both; notes of others mean nothing here."""
    base = get_args(kind)[0]
    unit, bounds = noted(kind, Unit), noted(kind, Between)
    parse = _UNITS[unit.name] if unit else converter.get_structure_hook(base)
    if not unit and not bounds:
        return lambda value, _: parse(value, base)

    def read(value: object, _: object) -> object:
        try:
            number = parse(value, base)
        except Wrong:
            raise Wrong(type_text(kind), value) from None
        fits = bounds is None or bounds.least <= number <= bounds.most
        _wanted(fits, type_text(kind), value)
        return number

    return read


def _size(value: object, _: object) -> int:
    size = parse_size(value) if isinstance(value, str) else value
    if type(size) is not int:
        raise Wrong("a size", value)
    return size


def _time(value: object, _: object) -> float:
    seconds = parse_time(value) if isinstance(value, str) else None
    if seconds is None:
        raise Wrong("a time", value)
    return seconds


_UNITS: Final[Mapping[str, Hook]] = {"bytes": _size, "seconds": _time}


def _wanted(fits: bool, expected: str, value: T) -> T:
    if not fits:
        raise Wrong(expected, value)
    return value
