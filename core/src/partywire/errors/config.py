"""For the operator: the config and the installation, before the first byte."""

from collections.abc import Sequence
from typing import ClassVar

import attrs

from partywire.errors.base import PartywireError, error


class ConfigError(PartywireError):
    """Something of the deployment has to be mended."""


@attrs.frozen
class Mistake:
    """One mistake of a config: the key as it stands in the file, and what is wrong with it."""

    key: str
    problem: str


@error
class ConfigInvalid(ConfigError):
    """Every mistake of one config; ``source`` is its path."""

    source: str
    mistakes: Sequence[Mistake]

    def __str__(self) -> str:
        """Return the mistakes, one a line."""
        noun = "mistake" if len(self.mistakes) == 1 else "mistakes"
        lines = [f"  {mistake.key}: {mistake.problem}" for mistake in self.mistakes]
        return "\n".join([f"{self.source}: {len(lines)} {noun}", *lines])


@error
class PluginUnknown(ConfigError):
    """The config names a plugin that nothing installed provides."""

    kind: str
    name: str
    installed: Sequence[str]
    said: ClassVar[str] = "no {kind} plugin is called {name!r}; installed: {installed}"


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
