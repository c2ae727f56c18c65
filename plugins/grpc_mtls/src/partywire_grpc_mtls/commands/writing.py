"""Folders that ``init`` writes: all of them or none, and over nothing."""

import shutil
from pathlib import Path

import click

from partywire_grpc.certificates.files import make_private_folder, write_private, write_public
from partywire_grpc_mtls.commands.layout import Folders


def write(folders: Folders, place: Path) -> None:
    """Write new folders into a place, which is made where only itself is missing.

    Raises:
        click.ClickException: one of them is there already, or cannot be written. What was written
            before that is removed.
    """
    made: list[Path] = []
    path = place
    try:
        place.mkdir(exist_ok=True)
        for name, files in folders.items():
            path = place / name
            make_private_folder(path)
            made.append(path)
            for file in files:
                path = place / name / file.name
                put = write_private if file.private else write_public
                put(path, file.content)
    except BaseException as error:
        for folder in made:
            shutil.rmtree(folder)
        if isinstance(error, OSError):
            raise click.ClickException(_words(error, path)) from error
        raise


def _words(error: OSError, path: Path) -> str:
    if isinstance(error, FileExistsError):
        return (
            f"{path} is there already, and init writes over nothing. Nothing was written; take "
            "another folder, or move that one away"
        )
    if isinstance(error, FileNotFoundError):
        return f"{path.parent} is not there; make it first. Nothing was written"
    return f"{path} cannot be written: {error.strerror}. Nothing was left behind"
