"""A party's certificate and key as files, and how others take their place.

``alice.crt`` and ``alice.key`` lie side by side. What is to follow them is written beside them, as
``alice_next.crt`` and ``alice_next.key``, and renamed over them in the end. What was there before
is kept, with the first digits of the old certificate's fingerprint in its name. No party has an
underscore in its name, so none of these is the certificate of another one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs
import click

from partywire.errors import EvidenceInvalid
from partywire_grpc.certificates.files import (
    Unfit,
    read_public,
    replace,
    write_private,
    write_public,
)
from partywire_grpc.certificates.keys import OwnKey, read_key
from partywire_grpc.certificates.making import Made
from partywire_grpc.certificates.reading import Leaf, read_leaves

_DIGITS: Final = 16
"""Digits of a fingerprint that are in the name of what is kept."""


@attrs.frozen
class Holding:
    """A file with a certificate, and the key beside it, under the same name with ``.key``."""

    certificate: Path

    @property
    def key(self) -> Path:
        """The file of the key."""
        return self.certificate.with_suffix(".key")

    @property
    def next(self) -> "Holding":
        """What is to take its place."""
        return self._beside("next")

    def shown(self) -> Leaf:
        """Return the certificate; raises `click.ClickException` as `read` does."""
        return _certificate(self.certificate)

    def read(self) -> tuple[Leaf, OwnKey]:
        """Return the certificate and its key.

        Raises `click.ClickException` where the files are not in order, or do not belong together.
        """
        return self._read(self.key)

    @property
    def request(self) -> Path:
        """The file of the request for it."""
        return self.certificate.with_suffix(".csr")

    def put(self, made: Made, *, with_key: bool) -> None:
        """Write a certificate, and its key where it is a new one.

        Raises `click.ClickException` where something is there already; nothing is left behind.
        """
        self.put_public(self.certificate, made.certificate_pem, made.key_pem if with_key else None)

    def put_public(self, path: Path, content: bytes, key: bytes | None) -> None:
        """Write a file for others to see, and the key that belongs to it, if there is one.

        Raises `click.ClickException` as `put` does.
        """
        if key is not None:
            _write(write_private, self.key, key)
        try:
            _write(write_public, path, content)
        except click.ClickException:
            if key is not None:
                self.key.unlink()
            raise

    def read_next(self) -> Leaf:
        """Return the certificate that is to take the place of this one.

        Its key is the one beside it, or this one, where it is the same or has been replaced before
        something broke off. Raises `click.ClickException` as `read` does.
        """
        key = self.next.key if self.next.key.exists() else self.key
        leaf, _ = self.next._read(key)
        return leaf

    def replace(self) -> list[Path]:
        """Put what `read_next` was content with in its place, the key first; return what is kept.

        A node that reads its config between the two goes on with what it had, as they do not belong
        together. What broke off there is ended by another call. Raises `click.ClickException`.
        """
        kept = self._beside(self.shown().sha256[:_DIGITS])
        steps = [(self.key, self.next.key, kept.key)] if self.next.key.exists() else []
        steps.append((self.certificate, self.next.certificate, kept.certificate))
        for path, fresh, former in steps:
            try:
                replace(path, fresh, former)
            except OSError as error:
                raise click.ClickException(_words(error, former)) from error
        self.next.request.unlink(missing_ok=True)
        return [former for *_, former in steps]

    def _read(self, path: Path) -> tuple[Leaf, OwnKey]:
        leaf = self.shown()
        try:
            key = read_key(path)
        except Unfit as unfit:
            raise click.ClickException(f"{path}: {unfit.problem}") from None
        if key.public_key() != leaf.parsed.public_key():
            problem = f"{path} is not the key of the certificate in {self.certificate}"
            raise click.ClickException(problem)
        return leaf, key

    def _beside(self, word: str) -> "Holding":
        return Holding(self.certificate.with_stem(f"{self.certificate.stem}_{word}"))


def _certificate(path: Path) -> Leaf:
    if path.suffix == ".key":
        raise click.ClickException(f"{path}: name the file of the certificate; the key is beside")
    if path.is_symlink():
        raise click.ClickException(f"{path} is a symbolic link; name the file itself")
    try:
        found = read_leaves(read_public(path), "")
    except (Unfit, EvidenceInvalid) as error:
        raise click.ClickException(f"{path}: {error.problem}") from None
    if len(found) != 1:
        raise click.ClickException(f"{path} holds {len(found)} certificates, and not exactly one")
    return found[0]


def _write(write: Callable[[Path, bytes], None], path: Path, content: bytes) -> None:
    try:
        write(path, content)
    except OSError as error:
        raise click.ClickException(_words(error, path)) from error


def _words(error: OSError, path: Path) -> str:
    if isinstance(error, FileExistsError):
        return f"{path} is there already, and nothing is written over; take it, or move it away"
    return f"{path} cannot be written: {error.strerror}"
