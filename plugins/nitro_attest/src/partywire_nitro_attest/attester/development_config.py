"""The keys of the attester ``nitro-development``, and the root that its module signs under."""

import time
from pathlib import Path
from typing import Annotated, Final

import attrs

from partywire.delivery.limits import Between, Unit
from partywire.hookspecs import KeyMistake, Setting
from partywire_grpc.certificates.files import Unfit, read_private
from partywire_grpc.certificates.reading import read_leaf
from partywire_grpc.certificates.rules import check_dates
from partywire_nitro_attest.attester.certificate import FullAuto, SemiAuto
from partywire_nitro_attest.attester.config import AttesterKeys
from partywire_nitro_attest.attester.own import Files
from partywire_nitro_attest.attester.own_check import mistakes_of, vouching
from partywire_nitro_attest.development import Certified
from partywire_nitro_attest.development.chain import LEAF_LIFETIME
from partywire_nitro_attest.development.root_file import root_of_pem

PROVES_NOTHING: Final = (
    "{} is attested by a development module: whoever has the file of its root can be anything"
)
_NEW_ROOT: Final = "make one with: partywire attestation development-root"


@attrs.frozen(kw_only=True)
class DevelopmentConfig(AttesterKeys):
    """``[attester]`` with ``plugin = "nitro-development"``: no enclave, and it proves nothing."""

    root: Path
    """The root and its key, in PEM, which ``partywire attestation development-root`` makes."""
    image: str
    """What the program calls itself; PCR0, PCR1 and PCR2 follow from this name."""
    debug: bool = False
    """Act as in debug mode: PCR0, PCR1 and PCR2 are zero."""
    lifetime: Annotated[float, Unit("seconds"), Between(1, LEAF_LIFETIME)] = LEAF_LIFETIME
    """How long certificates last."""


def development(setting: Setting) -> tuple[FullAuto | SemiAuto, Certified]:
    """Return what `own_mode` does, and the root of the development module, as that does."""
    config: DevelopmentConfig = setting.config
    files = Files(setting.party)
    mode, root = files.mode(config), files.read("root", config.root, _root)
    if mode is None or root is None:
        raise files.invalid()
    return mode, root


def check(setting: Setting, _: frozenset[str]) -> list[KeyMistake]:
    """Return what is wrong with the files."""
    return mistakes_of(development, setting)


def remarks(setting: Setting) -> list[str]:
    """Return what vouches for the certificates, the root, and that nothing is proved."""
    mode, root = development(setting)
    return [
        *vouching(mode),
        f"attester: the SHA-256 of its development root is {root.fingerprint}",
        f"Warning: {PROVES_NOTHING.format(setting.party)}",
    ]


def _root(path: Path, party: str) -> Certified:
    try:
        root = root_of_pem(read_private(path))
    except ValueError as error:
        raise Unfit(f"{error}; {_NEW_ROOT}") from None
    check_dates(read_leaf(root.der, party), party, time.time(), "the root")
    return root
