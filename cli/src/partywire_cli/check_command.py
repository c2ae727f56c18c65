"""``partywire check``."""

from pathlib import Path

import click

from partywire import CheckedConfig, check_config


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def check(config: Path) -> None:
    """Check a CONFIG, and the files that it names, without a connection to anybody.

    All mistakes are told at once, each with its key; the exit code is then 1. Whether peers can be
    reached, and whether they are who they should be, this cannot say.
    """
    checked = check_config(config)
    click.echo(f"{checked.source} is in order, as far as can be seen without a connection")
    click.echo(f"party      {checked.party}")
    click.echo(f"transport  {checked.transport}")
    click.echo(f"verifiers  {_verifiers(checked)}")
    click.echo(f"peers      {', '.join(checked.peers)}")
    for remark in checked.remarks:
        click.echo(remark)


def _verifiers(checked: CheckedConfig) -> str:
    if checked.insecure:
        return "none: INSECURE, nothing proves who a peer is"
    return ", ".join(checked.verifiers) or "that of the transport itself"
