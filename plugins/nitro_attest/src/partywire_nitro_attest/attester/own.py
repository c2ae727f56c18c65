"""What a party has of its own before its first attestation, from the files that the config names.

Every mistake of them is told at once, by the key that names the file.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from partywire.errors import ConfigInvalid, IdentityError, Mistake, outside_text
from partywire.hookspecs import Setting
from partywire_grpc.certificates.files import Unfit, read_private, read_public
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_grpc.certificates.rules import check_authority, check_dates, check_name
from partywire_nitro_attest.attester.certificate import VOUCHING, FullAuto, SemiAuto
from partywire_nitro_attest.attester.config import AttesterKeys

T = TypeVar("T")
Check = Callable[[Leaf, str], object]

_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP256K1)
_WANTED: Final = "a key on the curve P-256, P-384 or secp256k1 is wanted, in PEM and not encrypted"


@attrs.frozen
class Files:
    """Reads the files of one config, and gathers what is wrong with them."""

    party: str
    mistakes: list[Mistake] = attrs.field(factory=list)

    def mode(self, keys: AttesterKeys) -> FullAuto | SemiAuto | None:
        """Return who vouches for certificates, or None where there are mistakes."""
        if keys.party_certificate is not None:
            own = self.certificate("party_certificate", keys.party_certificate, _check_party)
            return None if own is None else SemiAuto(own)
        if keys.ca_certificate is None or keys.ca_key is None:
            return None  # the config class does not let this happen
        authority = self.certificate("ca_certificate", keys.ca_certificate, _check_ca)
        key = self.read("ca_key", keys.ca_key, _key)
        if authority is None or key is None:
            return None
        if key.public_key() != authority.parsed.public_key():
            problem = f"it is not the key of the certificate in {keys.ca_certificate}"
            self._mistake("ca_key", keys.ca_key, problem)
            return None
        return FullAuto(authority, key)

    def certificate(self, key: str, path: Path, check: Check) -> Leaf | None:
        """Return the one certificate of a file, if it is as ``check`` wants it."""

        def reading(path: Path, party: str) -> Leaf:
            found = read_leaves(read_public(path), party)
            if len(found) != 1:
                raise Unfit(f"it holds {len(found)} certificates, and not exactly one")
            check(found[0], party)
            return found[0]

        return self.read(key, path, reading)

    def invalid(self) -> ConfigInvalid:
        """Return the error with every mistake."""
        return ConfigInvalid(f"the config of {self.party}", tuple(self.mistakes))

    def read(self, key: str, path: Path, reading: Callable[[Path, str], T]) -> T | None:
        """Return what ``reading`` makes of a file for that party, or None where it is unfit.

        ``reading`` raises `Unfit` or an `IdentityError`, which becomes the mistake at that key.
        """
        try:
            return reading(path, self.party)
        except (Unfit, IdentityError) as error:
            self._mistake(key, path, error.problem)
            return None

    def _mistake(self, key: str, path: Path, problem: str) -> None:
        self.mistakes.append(Mistake(f"attester.{key}", outside_text(f"{path}: {problem}", 512)))


def own_mode(setting: Setting) -> FullAuto | SemiAuto:
    """Return who vouches for this party's certificates. It reads files, so it blocks.

    Raises:
        ConfigInvalid: with every mistake of the files.
    """
    files = Files(setting.party)
    mode = files.mode(setting.config)
    if mode is None:
        raise files.invalid()
    return mode


def _check_party(certificate: Leaf, party: str) -> None:
    check_name(certificate, party)
    check_dates(certificate, party, time.time(), VOUCHING[SemiAuto])


def _check_ca(certificate: Leaf, party: str) -> None:
    check_authority(certificate, party)
    check_dates(certificate, party, time.time(), VOUCHING[FullAuto])


def _key(path: Path, _: str) -> ec.EllipticCurvePrivateKey:
    content = read_private(path)
    try:
        key = load_pem_private_key(content, None)
    except Exception:  # whatever the library raises, whose words may be about what it read
        raise Unfit(f"it holds no private key that can be read; {_WANTED}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, _CURVES):
        raise Unfit(f"its key is of another kind; {_WANTED}")
    return key
