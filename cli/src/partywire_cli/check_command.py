"""``partywire check``."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    with _heard() as logged:
        checked = check_config(config)
    click.echo(f"{checked.source} is in order, as far as can be seen without a connection")
    click.echo(f"party      {checked.party}")
    click.echo(f"transport  {checked.transport}")
    click.echo(f"verifiers  {_verifiers(checked)}")
    if checked.attester is not None:
        click.echo(f"attester   {checked.attester}")
    click.echo(f"peers      {', '.join(checked.peers)}")
    for line in (*checked.remarks, *_unsaid(logged, checked.remarks)):
        click.echo(line)


def _verifiers(checked: CheckedConfig) -> str:
    if checked.insecure:
        return "none: INSECURE, nothing proves who a peer is"
    return ", ".join(checked.verifiers) or "that of the transport itself"


def _unsaid(logged: Sequence[str], remarks: Sequence[str]) -> list[str]:
    """Return the warnings that no remark says, as a verifier logs when it is opened."""
    return [f"Warning: {line}" for line in logged if not any(line in each for each in remarks)]


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the words of a record."""
        self.lines.append(record.getMessage())


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Keep what is logged, in place of its way to standard error."""
    log, listener = logging.getLogger("partywire"), _Listener()
    passed_on, log.propagate = log.propagate, False
    log.addHandler(listener)
    try:
        yield listener.lines
    finally:
        log.removeHandler(listener)
        log.propagate = passed_on
