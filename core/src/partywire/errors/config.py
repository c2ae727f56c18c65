"""For the operator: the config and the installation, before the first byte."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import ClassVar

import attrs

from partywire.errors.base import PartywireError, error


class ConfigError(PartywireError):
    """Something of the deployment has to be mended."""


@attrs.frozen
class Mistake:
    """One mistake of a config.

    Attributes:
        key: the key as it stands in the file; ``peer[1]`` is the second ``[[peer]]`` table.
        problem: what is wrong with it.
        peer: whose ``[[peer]]`` table it is in, where that table has an id.
    """

    key: str
    problem: str
    peer: str | None = attrs.field(default=None, eq=False)

    def __str__(self) -> str:
        """Return it as a line for people."""
        return f"{self.key}{f' ({self.peer})' if self.peer else ''}: {self.problem}"


@error
class ConfigInvalid(ConfigError):
    """Every mistake of one config; ``source`` is its path."""

    source: str
    mistakes: Sequence[Mistake]

    def __str__(self) -> str:
        """Return the mistakes, one a line."""
        noun = "mistake" if len(self.mistakes) == 1 else "mistakes"
        lines = [f"  {mistake}" for mistake in self.mistakes]
        return "\n".join([f"{self.source}: {len(lines)} {noun}", *lines])


@error
class PluginUnknown(ConfigError):
    """The config names a plugin that nothing installed provides."""

    kind: str
    name: str
    installed: Sequence[str]
    said: ClassVar[str] = "no {kind} plugin is called {name!r}; installed: {installed}{near}"

    @property
    def near(self) -> str:
        """Which of those that are installed may be meant, in words."""
        found = get_close_matches(self.name, self.installed, n=1)
        return f"; did you mean {found[0]}?" if found else ""

    def _facts(self) -> list[str]:
        return [*super()._facts(), "near"]


@error
class PluginNameClaimedTwice(ConfigError):
    """Two distributions claim one name, and neither may win by chance."""

    kind: str
    name: str
    claimants: Sequence[str]
    said: ClassVar[str] = (
        "the {kind} name {name!r} is claimed by {claimants}; uninstall all but one"
    )


@error
class PluginBroken(ConfigError):
    """A plugin cannot be imported, or does not keep to its hooks."""

    name: str
    problem: str
    said: ClassVar[str] = "plugin {name!r}: {problem}"
