"""Reads single values of a config and gathers what is wrong with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from cattrs.errors import StructureHandlerNotFoundError

from partywire.config.mistakes import Place, key_text, missing, mistakes_of
from partywire.config.strict import strict_converter
from partywire.errors import Mistake, PluginBroken

T = TypeVar("T")

BRACKETS: Final = "write [[{}]], with two brackets"


class Reader:
    """Reads values strictly. A mistake is kept, and None stands for what could not be read.

    Args:
        folder: where relative paths start.
    """

    def __init__(self, folder: Path) -> None:
        self.mistakes: list[Mistake] = []
        self._converter = strict_converter(folder)

    def read(self, kind: type[T], value: object, place: Place, plugin: str = "") -> T | None:
        """Return the value as ``kind``, or None.

        Raises:
            PluginBroken: the class is the plugin's, and the fault is the class's own.
        """
        try:
            return self._converter.structure(value, kind)
        except Exception as error:
            self.mistakes += _told(error, place, value, plugin)
            return None

    def table(self, value: object, place: Place) -> Mapping[str, Any] | None:
        """Return the value as a table, or None."""
        return self.read(dict[str, Any], value, place)

    def tables(self, value: object, name: str) -> list[Any] | None:
        """Return the value of a key that stands for a list of tables, which are not looked at."""
        if isinstance(value, Mapping):
            self.mistake((name,), BRACKETS.format(name))
            return None
        return self.read(list[Any], value, (name,))

    def required(
        self, kind: type[T], table: Mapping[str, object], name: str, *above: str | int
    ) -> T | None:
        """Return the value of a key that the table at ``above`` has to have, or None."""
        place = (*above, name)
        if name in table:
            return self.read(kind, table[name], place)
        self.mistakes.append(missing(place))
        return None

    def mistake(self, place: Place, problem: str) -> None:
        """Keep a mistake."""
        self.mistakes.append(Mistake(key_text(place), problem))


def _told(error: Exception, place: Place, value: object, plugin: str) -> list[Mistake]:
    try:
        return list(mistakes_of(error, place, value))
    except Exception as fault:
        if not plugin:
            raise
        told = str(fault) if isinstance(fault, StructureHandlerNotFoundError) else ""
        problem = f"its keys cannot be read: {told or type(fault).__name__}"
        raise PluginBroken(plugin, problem) from None
