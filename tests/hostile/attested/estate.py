"""Parties in enclaves of a development module, as files and configs. Two of them are honest."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from partywire_grpc.certificates.files import write_private
from partywire_nitro_attest.attested import PARTY
from partywire_nitro_attest.development import (
    Certified,
    DevelopmentModule,
    measured,
    new_root,
)
from partywire_nitro_attest.development.defects import CARRIED
from partywire_nitro_attest.development.root_file import root_in_pem
from partywire_nitro_attest.policy import pcr_of_certificate
from tests.certificates.building import Held, authority, make

if TYPE_CHECKING:
    from partywire_nitro_attest.development.certified import Extension

FULL_AUTO: Final = ("alice", "bob")
"""Whose own CA issues their certificates."""
SEMI_AUTO: Final = ("erin", "carol")
"""Whose images were signed with the key of their party certificate."""
PARTIES: Final = (*FULL_AUTO, *SEMI_AUTO)
CARRIERS: Final = {"bob": "standard", "erin": "standard"}
IMAGE, NEXT_IMAGE = "1.0", "1.1"
"""The releases that are trusted."""
LIFE: Final = 3 * 3600.0
"""Seconds that the certificate lasts which signs documents."""


@attrs.frozen
class Estate:
    """What all parties have, and what the honest ones say of the others.

    Attributes:
        folder: where the files are.
        root: under which the documents of all are signed.
        vouching: by party, its CA or its party certificate.
        level: what is asked of each peer.
        lifetime: seconds that certificates last.
        checked: the name of the check of user data, where there is one.
    """

    folder: Path
    root: Certified
    vouching: Mapping[str, Held]
    level: str = "certificate"
    lifetime: float = LIFE
    checked: str | None = None

    @property
    def peers(self) -> Mapping[str, Mapping[str, Any]]:
        """By party, what the others say of it."""
        return {party: self.peer(party) for party in PARTIES}

    def transport(self, party: str) -> dict[str, Any]:
        """A party's ``[transport]``, but for where it listens."""
        return {"plugin": "grpc-mtls"}

    def peer(self, party: str) -> dict[str, Any]:
        """What others say of a party, but for where it listens."""
        said, vouches = {"level": self.level}, str(self.certificate(party))
        if party in FULL_AUTO:
            return {**said, "anchor": "ca", "certificate": vouches}
        return {**said, "anchor": "by-attestation", "party_certificate": vouches}

    def tables(self) -> Mapping[str, Any]:
        """What else a config needs."""
        nitro = {
            "plugin": "nitro",
            "development_root": self.root.fingerprint,
            "release": [release(IMAGE), release(NEXT_IMAGE)],
        }
        if self.checked is not None:
            nitro["user_data_check"] = self.checked
        return {"verifier": [{"plugin": "x509"}, nitro]}

    def own(self, party: str) -> dict[str, Any]:
        """What a party's config says of its enclave."""
        vouches = str(self.certificate(party))
        if party in FULL_AUTO:
            by = {"mode": "full-auto", "ca_certificate": vouches, "ca_key": str(self.key(party))}
        else:
            by = {"mode": "semi-auto", "party_certificate": vouches}
        enclave = {
            "plugin": "nitro-development",
            "root": str(self.root_file),
            "image": IMAGE,
            "lifetime": f"{self.lifetime}s",
            "carrier": CARRIERS.get(party, "reference"),
        }
        return {"attester": {**enclave, **by}}

    def enclave(self, party: str, **changes: Any) -> Enclave:
        """A new enclave of that party, which nobody runs yet; see `Enclave` for the changes."""
        vouches = self.vouching[party]
        signed = {} if party in FULL_AUTO else signed_by(vouches)
        usual = {"pcrs": {**measured(IMAGE), **signed}, "root": self.root}
        return Enclave(party, vouches, **{**usual, **changes})

    def certificate(self, party: str) -> Path:
        """The file of a party's CA, or of its party certificate."""
        return self.folder / f"{party}.crt"

    def key(self, party: str) -> Path:
        """The file of its key."""
        return self.folder / f"{party}.key"

    @property
    def root_file(self) -> Path:
        """The file of the root and its key."""
        return self.folder / "root.pem"


def built(folder: Path, **asked: Any) -> Estate:
    """Write the files; see `Estate` for what is asked."""
    now = time.time()
    vouching = {party: authority(party, now) for party in FULL_AUTO}
    vouching.update({party: make(party, now=now) for party in SEMI_AUTO})
    estate = Estate(folder, new_root(now), vouching, **asked)
    for party, held in vouching.items():
        estate.certificate(party).write_bytes(held.pem)
        write_private(estate.key(party), held.key_pem)
    write_private(estate.root_file, root_in_pem(estate.root))
    return estate


def release(image: str) -> dict[str, str]:
    """A release of a config."""
    pcrs = measured(image)
    return {"name": image, **{f"pcr{index}": pcrs[index].hex() for index in range(3)}}


def signed_by(vouches: Held) -> dict[int, bytes]:
    """What an image measures of the certificate with whose key it was signed."""
    return {8: pcr_of_certificate(vouches.der)}


@attrs.frozen
class Enclave:
    """An enclave of a party, and the key that it has made.

    Attributes:
        party: whose it is.
        vouches: its CA, or its party certificate.
        pcrs: what it has measured.
        root: under which its documents are signed.
        age: how many seconds ago they were.
    """

    party: str
    vouches: Held
    pcrs: Mapping[int, bytes]
    root: Certified
    age: float = 0.0
    key: ec.EllipticCurvePrivateKey = attrs.field(
        factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    @property
    def spki(self) -> bytes:
        """Its key as documents name it."""
        public = self.key.public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def document(self, **asked: Any) -> bytes:
        """A document of its key, unless asked for another one."""
        module = DevelopmentModule(
            self.root, pcrs=self.pcrs, clock=lambda: time.time() - self.age, lifetime=LIFE
        )
        return module.attest(**{"public_key": self.spki, **asked})

    def shows(
        self,
        document: bytes | None = None,
        *,
        carried: tuple[Extension, ...] | None = None,
        named: bytes | None = None,
        **changes: Any,
    ) -> Held:
        """A certificate that is in order, but for the changes, which `make` takes.

        Args:
            document: in place of its own.
            carried: the extensions that carry it.
            named: the party certificate that it names.
        """
        given = self.document() if document is None else document
        more = list(CARRIED["as it is"](given) if carried is None else carried)
        by: Held | None = self.vouches
        if self.party in SEMI_AUTO:
            by = None
            named = self.vouches.der if named is None else named
            more.append((x509.UnrecognizedExtension(PARTY, named), False))
        usual = {"now": time.time(), "key": self.key, "by": by, "end": LIFE - 60, "more": more}
        return make(self.party, **{**usual, **changes})
