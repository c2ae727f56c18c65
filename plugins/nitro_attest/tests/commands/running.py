"""The commands, run as the program runs them, on documents of a development module."""

from __future__ import annotations

from pathlib import Path
from time import time
from typing import TYPE_CHECKING

import attrs
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding

from partywire_cli.main import main
from partywire_nitro_attest.development import Certified, DevelopmentModule, measured, new_root

if TYPE_CHECKING:
    from click.testing import Result

    from partywire_nitro_attest.development import Making


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["attestation", *map(str, arguments)])


def release(pcrs: dict[int, bytes]) -> str:
    """PCR0, PCR1 and PCR2, as ``--release`` takes them."""
    return ",".join(pcrs[index].hex() for index in range(3))


@attrs.frozen
class Place:
    """A folder with a root, and documents below it."""

    folder: Path
    now: float = attrs.field(factory=lambda: float(int(time())))
    pcrs: dict[int, bytes] = attrs.field(factory=lambda: measured("an image"))
    root: Certified = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "root", new_root(self.now))
        self.root_file.write_bytes(self.root.certificate.public_bytes(Encoding.PEM))

    @property
    def root_file(self) -> Path:
        return self.folder / "root.pem"

    def making(self, **carried: bytes) -> Making:
        module = DevelopmentModule(self.root, pcrs=self.pcrs, clock=lambda: self.now)
        return module.making(**carried)

    def written(self, content: bytes, name: str = "document.bin") -> Path:
        file = self.folder / name
        file.write_bytes(content)
        return file

    def verify(self, content: bytes, *options: object, releases: tuple[str, ...] = ()) -> Result:
        """Verify a document, with its own release and root."""
        named = releases or (release(self.pcrs),)
        told = [part for each in named for part in ("--release", each)]
        file = self.written(content)
        return run("verify", file, *told, "--development-root", self.root_file, *options)
