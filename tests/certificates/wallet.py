"""Certificates and keys of parties as files, and what a config says of them."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import attrs

from partywire_grpc.certificates.files import write_private
from partywire_grpc.certificates.making import YEAR, Made, authority, issued, self_signed

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen
class Wallet:
    """Mutual TLS among parties, whose certificates are made when asked for. Reads and writes files.

    Attributes:
        folder: where the files are.
        own_cas: whether each party has a CA of its own, by which the others know it; its own
            certificate otherwise.
        made: the parties whose files are there already, as another process has made them.
    """

    folder: Path
    own_cas: bool = False
    _cas: dict[str, Made] = attrs.field(factory=dict, init=False)
    _made: set[str] = attrs.field(factory=set)

    def transport(self, party: str) -> dict[str, Any]:
        """A party's ``[transport]``, but for where it listens."""
        certificate = self.certificate(party)
        key = str(certificate.with_suffix(".key"))
        return {"plugin": "grpc-mtls", "certificate": str(certificate), "private_key": key}

    def peer(self, party: str) -> dict[str, Any]:
        """What others say of a party, but for where it listens."""
        self.certificate(party)
        said = {"certificate": str(self._anchor(party))}
        return {**said, "anchor": "ca"} if self.own_cas else said

    def tables(self) -> Mapping[str, Any]:
        """What else a config needs."""
        return {"verifier": [{"plugin": "x509"}]}

    def certificate(self, party: str) -> Path:
        """The file of a party's certificate; the key is beside it."""
        path = self.folder / f"{party}.crt"
        if party not in self._made:
            self.renew(party)
        return path

    def renew(self, party: str, lifetime: float = YEAR) -> Made:
        """Give a party a certificate with a new key; without CAs others are told of both."""
        path, anchor = self.folder / f"{party}.crt", self._anchor(party)
        if self.own_cas and party not in self._cas:
            self._cas[party] = authority(party, now=time.time())
            anchor.write_bytes(self._cas[party].certificate_pem)
        if self.own_cas:
            made = issued(party, self._cas[party], now=time.time(), lifetime=lifetime)
        else:
            made = self_signed(party, now=time.time(), lifetime=lifetime)
            former = path.read_bytes() if path.exists() else b""
            anchor.write_bytes(former + made.certificate_pem)
        _replace(path.with_suffix(".key"), made.key_pem)
        _replace(path, made.certificate_pem)
        self._made.add(party)
        return made

    def _anchor(self, party: str) -> Path:
        return self.folder / f"{party}.anchor.crt"


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".fresh")
    write_private(fresh, content)
    fresh.replace(path)


def common_wallet(*parties: str) -> Wallet:
    """The wallet of tests that only want somebody to talk to, with that of these parties made."""
    for party in parties:
        _common().certificate(party)
    return _common()


@cache
def _common() -> Wallet:
    return Wallet(Path(_folder().name))


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="wallet-")
