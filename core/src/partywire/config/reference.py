"""The keys of a config in words, for the reference page."""

import ast
import inspect
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import attrs

from partywire.config.kinds import noted, type_text
from partywire.config.mistakes import shown
from partywire.config.model import Party, SessionSettings
from partywire.config.units import size_text, time_text
from partywire.delivery.limits import Limits, Unit

CORE_TABLES: Final = {"party": Party, "session": SessionSettings, "limits": Limits}
"""The classes of the tables whose keys are the same with every plugin."""


@attrs.frozen
class Key:
    """One key: what it takes, its default (None where it has to be given), and what it is for."""

    name: str
    takes: str
    default: str | None
    text: str


def describe_keys(keys: type) -> tuple[Key, ...]:
    """Return the keys of an attrs class: one of `CORE_TABLES`, or a plugin's.

    The text of a key is the docstring below its field, where the source of the class is there.
    """
    texts = _docstrings(keys)
    return tuple(
        Key(field.name, type_text(field.type), _default(field), texts.get(field.name, ""))
        for field in attrs.fields(attrs.resolve_types(keys))
        if field.init
    )


def _default(field: "attrs.Attribute[Any]") -> str | None:
    default = field.default
    if default is attrs.NOTHING:
        return None
    unit = noted(field.type, Unit)
    if unit and default is not None:
        return {"bytes": size_text, "seconds": time_text}[unit.name](default)
    if default is None or default == () or isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return "nothing"
    return str(default) if isinstance(default, Path) else shown(default)


def _docstrings(keys: type) -> dict[str, str]:
    """Return the text below each field, of a class and those that it extends."""
    texts: dict[str, str] = {}
    for each in reversed(keys.__mro__):
        texts |= _own_docstrings(each)
    return texts


def _own_docstrings(keys: type) -> dict[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(keys))
    except (OSError, TypeError):
        return {}
    found = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef))
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(found.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
