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
from partywire_grpc.certificates.reading import Leaf, read_leaf, read_leaves
from partywire_grpc.certificates.rules import check_authority, check_dates, check_name
from partywire_nitro_attest.attester.certificate import VOUCHING, FullAuto, SemiAuto
from partywire_nitro_attest.attester.config import AttesterKeys
from partywire_nitro_attest.development import Certified
from partywire_nitro_attest.development.root_file import root_of_pem

_NEW_ROOT: Final = "make one with: partywire attestation development-root"
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
        key = self._read("ca_key", keys.ca_key, _key)
        if authority is None or key is None:
            return None
        if key.public_key() != authority.parsed.public_key():
            problem = f"it is not the key of the certificate in {keys.ca_certificate}"
            self._mistake("ca_key", keys.ca_key, problem)
            return None
        return FullAuto(authority, key)

    def certificate(self, key: str, path: Path, check: Check) -> Leaf | None:
        """Return the one certificate of a file, if it is as ``check`` wants it."""

        def reading(path: Path) -> Leaf:
            found = read_leaves(read_public(path), self.party)
            if len(found) != 1:
                raise Unfit(f"it holds {len(found)} certificates, and not exactly one")
            check(found[0], self.party)
            return found[0]

        return self._read(key, path, reading)

    def development_root(self, path: Path) -> Certified | None:
        """Return the root of a development module, with its key."""
        return self._read("root", path, self._root)

    def invalid(self) -> ConfigInvalid:
        """Return the error with every mistake."""
        return ConfigInvalid(f"the config of {self.party}", tuple(self.mistakes))

    def _root(self, path: Path) -> Certified:
        try:
            root = root_of_pem(read_private(path))
        except ValueError as error:
            raise Unfit(f"{error}; {_NEW_ROOT}") from None
        check_dates(read_leaf(root.der, self.party), self.party, time.time(), "the root")
        return root

    def _read(self, key: str, path: Path, reading: Callable[[Path], T]) -> T | None:
        try:
            return reading(path)
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


def development(setting: Setting) -> tuple[FullAuto | SemiAuto, Certified]:
    """Return what `own_mode` does, and the root of the development module, as that does."""
    files = Files(setting.party)
    mode, root = files.mode(setting.config), files.development_root(setting.config.root)
    if mode is None or root is None:
        raise files.invalid()
    return mode, root


def _check_party(certificate: Leaf, party: str) -> None:
    check_name(certificate, party)
    check_dates(certificate, party, time.time(), VOUCHING[SemiAuto])


def _check_ca(certificate: Leaf, party: str) -> None:
    check_authority(certificate, party)
    check_dates(certificate, party, time.time(), VOUCHING[FullAuto])


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    content = read_private(path)
    try:
        key = load_pem_private_key(content, None)
    except Exception:  # whatever the library raises, whose words may be about what it read
        raise Unfit(f"it holds no private key that can be read; {_WANTED}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, _CURVES):
        raise Unfit(f"its key is of another kind; {_WANTED}")
    return key
