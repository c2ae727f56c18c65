"""Runs the commands for certificates, and looks at what they wrote."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from click.testing import CliRunner

from partywire.errors import ConfigInvalid
from partywire_cli.main import main
from partywire_grpc.certificates.keys import load_credentials
from partywire_grpc.certificates.reading import Leaf, read_leaves

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def done(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object, code: int = 1) -> str:
    result = run(*arguments)
    assert result.exit_code == code, result.output
    return result.output


renew = partial(done, "certificate", "renew")
take = partial(done, "certificate", "take")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def leaf_of(path: Path) -> Leaf:
    (leaf,) = read_leaves(path.read_bytes(), "")
    return leaf


def fits(path: Path) -> bool:
    """Whether a node would take the certificate with the key beside it."""
    try:
        load_credentials(path, path.with_suffix(".key"), source="a test")
    except ConfigInvalid:
        return False
    return True
