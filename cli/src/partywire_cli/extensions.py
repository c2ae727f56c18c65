"""The commands that plugins register by the hook ``register_commands``."""

from collections.abc import Collection

import click

from partywire import PartywireError
from partywire.hookspecs import CommandDescriptor
from partywire.plugins import Plugins

_FOUND = "partywire_cli.plugin_commands"


def plugin_commands(ctx: click.Context, taken: Collection[str]) -> dict[str, click.Command]:
    """The plugins' commands by name: imported once in a run of the program.

    What is wrong with a plugin is told on standard error, once, and its command left out; the
    program's own commands never fail by it.

    Args:
        ctx: of this run.
        taken: the names of the program's own commands, which no plugin replaces.
    """
    found: dict[str, click.Command] | None = ctx.meta.get(_FOUND)
    if found is None:
        plugins = Plugins()
        registered = [_registered(plugins, name) for name in plugins.commands()]
        found = ctx.meta[_FOUND] = {
            each.name: each.command for each in registered if each and _usable(each, taken)
        }
    return found


def _registered(plugins: Plugins, name: str) -> CommandDescriptor | None:
    try:
        return plugins.command(name)
    except PartywireError as error:
        _tell(str(error))
        return None


def _usable(descriptor: CommandDescriptor, taken: Collection[str]) -> bool:
    name, kind = descriptor.name, type(descriptor.command).__name__
    if name in taken:
        _tell(f"plugin 'command.{name}': the name belongs to a command of partywire itself")
    elif not isinstance(descriptor.command, click.Command):
        _tell(f"plugin 'command.{name}': registers {kind}, and no click command")
    else:
        return True
    return False


def _tell(problem: str) -> None:
    click.echo(f"Warning: {problem}", err=True)
