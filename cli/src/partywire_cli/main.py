"""The ``partywire`` program: its own commands, and those that plugins bring along."""

import click

from partywire import PartywireError

from .check_command import check
from .demo.command import demo
from .doctor.command import doctor
from .extensions import plugin_commands
from .listing import plugins


class Program(click.Group):
    """Commands of its own, and those of plugins; the latter are imported only when needed.

    An error of the tree under `partywire.PartywireError` ends the program with its sentence and
    exit code 1, wrong usage with 2. Any other exception is a bug and keeps its traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, sorted; tells of plugins that are not in order."""
        return sorted({*super().list_commands(ctx), *plugin_commands(ctx, self.commands)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, the program's own before any plugin's."""
        own = super().get_command(ctx, cmd_name)
        return own or plugin_commands(ctx, self.commands).get(cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PartywireError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Program)
@click.version_option(
    package_name="partywire-cli", prog_name="partywire", message="%(prog)s %(version)s"
)
def main() -> None:
    """A transport for multi-party computation."""


main.add_command(check)
main.add_command(demo)
main.add_command(doctor)
main.add_command(plugins)
