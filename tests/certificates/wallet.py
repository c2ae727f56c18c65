"""Certificates and keys of parties as files, and what a config says of them."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import attrs

from partywire_grpc.certificates.files import write_private, write_public
from partywire_grpc.certificates.making import self_signed

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen
class Wallet:
    """Mutual TLS among parties that each have a certificate of their own, made when asked for."""

    folder: Path
    made: set[str] = attrs.field(factory=set)

    def transport(self, party: str) -> dict[str, Any]:
        """A party's ``[transport]``, but for where it listens."""
        certificate = self.certificate(party)
        key = str(certificate.with_suffix(".key"))
        return {"plugin": "grpc-mtls", "certificate": str(certificate), "private_key": key}

    def peer(self, party: str) -> dict[str, Any]:
        """What others say of a party, but for where it listens."""
        return {"certificate": str(self.certificate(party))}

    def tables(self) -> Mapping[str, Any]:
        """What else a config needs."""
        return {"verifier": [{"plugin": "x509"}]}

    def certificate(self, party: str) -> Path:
        """The file of a party's certificate; the key is beside it."""
        path = self.folder / f"{party}.crt"
        if party not in self.made:
            self.made.add(party)
            made = self_signed(party, now=time.time())
            write_private(path.with_suffix(".key"), made.key_pem)
            write_public(path, made.certificate_pem)
        return path


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
