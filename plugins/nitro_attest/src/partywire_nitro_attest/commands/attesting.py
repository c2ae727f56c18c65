"""What a party that attests itself gives to its peers: its CA's certificate, a development root."""

import time
from pathlib import Path
from typing import Final

import click
from cryptography.hazmat.primitives.serialization import Encoding

from partywire.config import load_attester, load_config
from partywire.plugins import Plugins
from partywire_grpc.certificates.files import make_private_folder, write_private, write_public
from partywire_nitro_attest.attester.certificate import FullAuto
from partywire_nitro_attest.attester.config import AttesterKeys
from partywire_nitro_attest.attester.measuring import pcr_of
from partywire_nitro_attest.attester.own import own_mode
from partywire_nitro_attest.commands.showing import console, show_rows, warn
from partywire_nitro_attest.development import new_root
from partywire_nitro_attest.development.root_file import root_in_pem
from partywire_nitro_attest.trusted import MEASURED

_NO_CA: Final = "its attester issues no certificates by an own CA, as nsm does in full-auto"
_SEMI_AUTO: Final = (
    "in semi-auto there is no CA; peers need the party certificate itself, as party_certificate"
)
_NOT_MEASURED: Final = (
    "it has no [attester] with measure_config = true, so nothing measures what it trusts"
)
_KEEP: Final = "root.pem has the key: whoever can read it can make any document under this root"


@click.command("export-ca")
@click.argument("config", type=click.Path(path_type=Path))
def export_ca(config: Path) -> None:
    """Print the certificate of this party's own CA, for its peers.

    CONFIG is the config of a party in full-auto. Run this where the CA's key is: it is checked that
    the two belong together, and the key is never printed. Only the tables of this party itself are
    read, so nothing of the peers has to be there. Peers compare the SHA-256 by another way than the
    certificate came, and give it as `certificate`, with `anchor = "ca"`.
    """
    setting = load_attester(config, Plugins())
    if not _is_ours(setting.config):
        raise click.ClickException(f"{config}: {_NO_CA}")
    mode = own_mode(setting)
    if not isinstance(mode, FullAuto):
        raise click.ClickException(f"{config}: {_SEMI_AUTO}")
    click.echo(f"SHA-256 {mode.certificate.sha256}")
    click.echo(mode.certificate.parsed.public_bytes(Encoding.PEM), nl=False)


@click.command("measure")
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--text", is_flag=True, help="Print the text that is measured, instead of its PCR.")
def measure(config: Path, text: bool) -> None:
    """Print what PCR16 is in the enclave of a party that runs by CONFIG.

    CONFIG has an attester with `measure_config = true`. Peers that agree with all that the party
    trusts pin it: pcrs = { pcr16 = "..." }. The certificates of CONFIG are needed, but none of its
    keys, so that peers can run this, too. No security module is asked.
    """
    found = load_config(config, Plugins(), elsewhere=True)
    if not (found.trusted and found.attester and _is_ours(found.attester.config)):
        raise click.ClickException(f"{config}: {_NOT_MEASURED}")
    if text:
        click.echo(found.trusted, nl=False)
    else:
        click.echo(f'pcr{MEASURED} = "{pcr_of(found.trusted).hex()}"')


def _is_ours(keys: object) -> bool:
    """Tell whether these are the keys of an attester of this distribution."""
    return isinstance(keys, AttesterKeys)


@click.command("development-root")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def development_root(folder: Path) -> None:
    """Make a root for the attester `nitro-development`, in a new folder DIR.

    root.pem holds the root and its key, for this user alone: every party of that deployment needs
    it. root.crt is the root without the key. The last line is for the table of the verifier.
    """
    root = new_root(time.time())
    try:
        make_private_folder(folder)
        write_private(folder / "root.pem", root_in_pem(root))
        write_public(folder / "root.crt", root.certificate.public_bytes(Encoding.PEM))
    except OSError as error:
        raise click.ClickException(
            f"{folder} cannot be written: {error.strerror}; take a folder that is not there yet"
        ) from error
    to = console()
    show_rows([("written", f"{folder}: root.pem, root.crt")], to)
    warn([_KEEP, "documents under it prove nothing"], to)
    click.echo(f'\ndevelopment_root = "{root.fingerprint}"')
