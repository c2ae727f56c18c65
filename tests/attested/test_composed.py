"""What runs there and who it is: two verifiers of two plugins, judged together."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from partywire.errors import EvidenceInvalid, IdentityError, IdentityMismatch
from partywire.judge import judge
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc_mtls.anchors import X509Peer
from partywire_grpc_mtls.x509 import X509Verifier
from partywire_nitro_attest import Refused, pcr_of_certificate
from partywire_nitro_attest.attested import PARTY
from partywire_nitro_attest.config import NitroConfig, NitroRelease
from partywire_nitro_attest.development import DevelopmentModule, measured, new_root
from partywire_nitro_attest.development.defects.carriers import plain
from partywire_nitro_attest.peers import NitroPeer
from partywire_nitro_attest.verifier import NitroVerifier
from tests.certificates.building import Held, authority, make

if TYPE_CHECKING:
    from pathlib import Path

    from partywire.identity import Identity
    from partywire.interfaces import IdentityVerifier

NOW = 1_782_779_620.5
LIFE = 3 * 3600.0 - 60
BINDING = hashlib.sha384(b"a connection").digest()
ROOT = new_root(NOW)
IMAGE = measured("an image")
CONFIG = NitroConfig(
    (NitroRelease("1.0", *(IMAGE[index].hex() for index in range(3))),),
    development_root=ROOT.fingerprint,
)
CURVES = [ec.SECP256R1(), ec.SECP384R1(), ec.SECP256K1()]


class Enclave:
    """The enclave of bob, with the certificate that it shows."""

    def __init__(self, *, by: Held | None = None, signer: Held | None = None) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self.spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        pcrs = {**IMAGE, 8: pcr_of_certificate(signer.der)} if signer else IMAGE
        self.module = DevelopmentModule(ROOT, pcrs=pcrs, clock=lambda: NOW)
        more: list[Any] = [plain(self.module.attest(public_key=self.spki))]
        if signer:
            more.append((x509.UnrecognizedExtension(PARTY, signer.der), False))
        self.shown = make("bob", now=NOW, key=key, by=by, end=LIFE, more=more)

    def evidence(self, *, nonce: bytes | None = None) -> TlsEvidence:
        proof = self.module.attest(public_key=self.spki, nonce=nonce) if nonce else b""
        return TlsEvidence("bob", "a test", self.shown.der, proof=proof)


def judged(evidence: TlsEvidence, who: X509Peer, what: NitroPeer) -> Identity:
    """What a node makes of it whose config has both of bob."""
    verifiers: list[IdentityVerifier] = [
        X509Verifier("alice", {"bob": who}),
        NitroVerifier(CONFIG, {"bob": what}),
    ]
    binding = BINDING if evidence.proof else None
    return judge(evidence, verifiers, expected="bob", now=NOW, binding=binding)


def written(folder: Path, held: Held) -> Path:
    path = folder / "bob.crt"
    path.write_bytes(held.pem)
    return path


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_full_auto(tmp_path: Path, curve: ec.EllipticCurve) -> None:
    """The party's own CA has issued the certificate of the enclave."""
    ca = authority("bob", NOW, key=ec.generate_private_key(curve))
    enclave = Enclave(by=ca)
    who, what = X509Peer(written(tmp_path, ca), "ca"), NitroPeer(anchor="ca")
    identity = judged(enclave.evidence(), who, what)
    assert identity.claims["level"] == "certificate"
    identity = judged(enclave.evidence(nonce=BINDING), who, what)
    assert identity.party == "bob"
    assert identity.valid_until == int(NOW + LIFE)
    assert identity.claims["level"] == "bound"
    assert identity.claims["certificate_issuer"] == "bob"


def test_the_ca_of_somebody_else_does_not_say_who_an_enclave_is(tmp_path: Path) -> None:
    ca, stranger = authority("bob", NOW), authority("bob", NOW)
    who, what = X509Peer(written(tmp_path, ca), "ca"), NitroPeer(anchor="ca")
    for by in (stranger, None):
        with pytest.raises(EvidenceInvalid, match="not signed by the configured CA"):
            judged(Enclave(by=by).evidence(), who, what)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_semi_auto(tmp_path: Path, curve: ec.EllipticCurve) -> None:
    """The image was signed with the key of the party certificate."""
    signer = authority("bob", NOW, key=ec.generate_private_key(curve))
    path = written(tmp_path, signer)
    what = NitroPeer(party_certificate=path, anchor="by-attestation")
    enclave = Enclave(signer=signer)
    identity = judged(enclave.evidence(nonce=BINDING), X509Peer(None, "by-attestation"), what)
    assert identity.claims["level"] == "bound"
    assert identity.claims["attested_release"] == "1.0"


def test_an_image_that_anybody_signed_is_nobody(tmp_path: Path) -> None:
    signer, stranger = make("bob", now=NOW), make("bob", now=NOW)
    path = written(tmp_path, signer)
    what = NitroPeer(party_certificate=path, anchor="by-attestation")
    with pytest.raises(IdentityMismatch, match="not the configured one"):
        judged(Enclave(signer=stranger).evidence(), X509Peer(None, "by-attestation"), what)


def test_a_party_that_attests_nothing_is_refused_whoever_it_is(tmp_path: Path) -> None:
    held = make("bob", now=NOW)
    plain_one = TlsEvidence("bob", "a test", held.der)
    with pytest.raises(Refused, match="carries no attestation document"):
        judged(plain_one, X509Peer(written(tmp_path, held)), NitroPeer())


def test_a_certificate_that_an_attested_key_has_signed_is_nobodys(tmp_path: Path) -> None:
    ca = authority("bob", NOW)
    who, what = X509Peer(written(tmp_path, ca), "ca"), NitroPeer(anchor="ca")
    enclave = Enclave(by=ca)
    document = enclave.module.attest(public_key=enclave.spki)
    child = make("bob", now=NOW, by=enclave.shown, end=LIFE, more=[plain(document)])
    with pytest.raises(IdentityError):
        judged(TlsEvidence("bob", "a test", child.der), who, what)
