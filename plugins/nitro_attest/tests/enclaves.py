"""Enclaves of parties, and the certificates that they show; all of them by a development module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_nitro_attest.attested import PARTY
from partywire_nitro_attest.config import NitroConfig, NitroRelease
from partywire_nitro_attest.development import DevelopmentModule, measured, new_root
from partywire_nitro_attest.development.defects import CARRIED
from partywire_nitro_attest.peers import NitroPeer
from partywire_nitro_attest.policy import pcr_of_certificate
from partywire_nitro_attest.verifier import NitroVerifier
from tests.certificates.building import Held, make

if TYPE_CHECKING:
    from pathlib import Path

    from partywire_nitro_attest.development.certified import Extension

NOW = 1_782_779_620.5
LIFE = 3 * 3600.0
ROOT = new_root(NOW)
IMAGE = measured("an image")


def release(image: str) -> NitroRelease:
    return NitroRelease(image, *(measured(image)[index].hex() for index in range(3)))


CONFIG = NitroConfig((release("former"), release("an image")), development_root=ROOT.fingerprint)


def spki_of(key: Any) -> bytes:
    found: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _module(pcrs: Mapping[int, bytes]) -> DevelopmentModule:
    return DevelopmentModule(ROOT, pcrs=pcrs, clock=lambda: NOW)


@attrs.frozen
class Enclave:
    """The enclave of a party: what it runs, and the key that it has made."""

    party: str
    pcrs: Mapping[int, bytes] = IMAGE
    key: ec.EllipticCurvePrivateKey = attrs.field(factory=_new_key)
    module: DevelopmentModule = attrs.field(
        default=attrs.Factory(lambda self: _module(self.pcrs), takes_self=True)
    )

    def document(self, **asked: Any) -> bytes:
        """A document of its key, unless asked for one of another."""
        return self.module.attest(**{"public_key": spki_of(self.key), **asked})

    def shows(
        self,
        document: bytes | None = None,
        *,
        carried: tuple[Extension, ...] | None = None,
        party_certificate: bytes | None = None,
        **changes: Any,
    ) -> Held:
        """Its certificate: by its own key, unless ``by`` is given; see `make` for the changes."""
        given = self.document() if document is None else document
        more = list(CARRIED["as it is"](given) if carried is None else carried)
        if party_certificate is not None:
            more.append((x509.UnrecognizedExtension(PARTY, party_certificate), False))
        usual = {"now": NOW, "key": self.key, "end": LIFE - 60, "more": more}
        return make(self.party, **{**usual, **changes})


def signed_by(party_certificate: Held) -> dict[int, bytes]:
    """The measurements of an image that was signed with the key of that certificate."""
    return {**IMAGE, 8: pcr_of_certificate(party_certificate.der)}


def evidence(party: str, shown: Held, proof: bytes = b"") -> TlsEvidence:
    return TlsEvidence(party, "a test", shown.der, proof=proof)


def verifier(peers: Mapping[str, NitroPeer], config: NitroConfig = CONFIG) -> NitroVerifier:
    return NitroVerifier(config, peers)


def anchored(folder: Path, *party_certificates: Held, **keys: Any) -> NitroPeer:
    """What is configured of a peer in semi-auto mode."""
    path = folder / "party.crt"
    path.write_bytes(b"".join(held.pem for held in party_certificates))
    return NitroPeer(party_certificate=path, anchor="by-attestation", **keys)
