"""``partywire attestation sample``: a document to try the other commands with."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding

from partywire.errors import outside_text
from partywire_nitro_attest.commands.showing import console, show_rows, warn
from partywire_nitro_attest.development import (
    DevelopmentModule,
    in_debug_mode,
    measured,
    new_root,
)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--image", default="sample", show_default=True, help="The name of what runs there.")
@click.option("--debug", is_flag=True, help="Let it run in debug mode.")
def sample(folder: Path, image: str, debug: bool) -> None:
    """Write a document of a development module, and its root, into a new folder DIR.

    Nothing runs anywhere: the document proves nothing. The keys are thrown away. What is printed of
    the image is for `verify`, and for a config.
    """
    root = new_root(time.time())
    pcrs = in_debug_mode() if debug else measured(image)
    document = DevelopmentModule(root, pcrs=pcrs).attest()
    try:
        folder.mkdir(parents=True)
        (folder / "document.bin").write_bytes(document)
        (folder / "root.crt").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    except OSError as error:
        raise click.ClickException(
            f"{folder} cannot be written: {error.strerror}; take a folder that is not there yet"
        ) from error
    to = console()
    release = ",".join(pcrs[index].hex() for index in range(3))
    show_rows([("written", f"{folder}: document.bin, root.crt"), ("release", release)], to)
    warn(["these are of a development module: they prove nothing"], to)
    if not debug:  # which no config can trust
        click.echo(_table(image, pcrs))


def _table(image: str, pcrs: Mapping[int, bytes]) -> str:
    """Return the release as it stands in a config."""
    name = json.dumps(outside_text(image, 128), ensure_ascii=False)
    lines = [f'pcr{index} = "{pcrs[index].hex()}"' for index in range(3)]
    return "\n".join(["", "[[verifier.release]]", f"name = {name}", *lines])
