"""``partywire doctor``."""

import json
from pathlib import Path

import anyio
import click
from rich.console import Console

from partywire import PartywireError, diagnose
from partywire.errors import ConfigError

from .data import as_data, mistakes_as_data
from .showing import show


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(ctx: click.Context, config: Path, as_json: bool) -> None:
    """Look at every peer of a CONFIG, and say who has to do what.

    It may run beside the node of that config, and disturbs no node. The exit code is 0 where
    nothing is wrong, though there may be warnings; 1 where something is; 2 where the config is.
    """
    try:
        diagnosis = anyio.run(diagnose, config)
    except PartywireError as error:
        if as_json:
            click.echo(json.dumps(mistakes_as_data(config, error), indent=2))
        else:
            click.echo(f"Error: {error}", err=True)
        ctx.exit(2 if isinstance(error, ConfigError) else 1)
    if as_json:
        click.echo(json.dumps(as_data(diagnosis), indent=2))
    else:
        show(diagnosis, Console(markup=False, highlight=False))
    ctx.exit(0 if diagnosis.well else 1)
