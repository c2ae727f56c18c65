"""Parties that issue certificates: their CAs, party certificates and modules of development."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from partywire_grpc.certificates.making import authority, name_of, self_signed
from partywire_grpc.certificates.reading import Leaf, read_leaf
from partywire_nitro_attest import Roots, Trust, pcr_of_certificate
from partywire_nitro_attest.attester.certificate import FullAuto, SemiAuto
from partywire_nitro_attest.attester.issuing import Issuing
from partywire_nitro_attest.attester.writing import Carrier
from partywire_nitro_attest.development import Certified, DevelopmentModule, measured, new_root

NOW = 1_782_779_620.5  # 2026-06-30T00:33:40.5
ROOT = new_root(NOW)
ALICE = "alice.example"
TRUST = Trust(roots=Roots(frozenset({ROOT.fingerprint}), development=True))


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def leaf(certificate: x509.Certificate) -> Leaf:
    return read_leaf(Certified(certificate, ROOT.key).der, ALICE)


def own_ca(curve: ec.EllipticCurve | None = None, *, lifetime: float = 365 * 86400.0) -> FullAuto:
    """The CA of alice: as `partywire init` makes it, or on another curve."""
    if curve is None:
        made = authority(ALICE, now=NOW, lifetime=lifetime)
        assert isinstance(made.key, ec.EllipticCurvePrivateKey)
        return FullAuto(leaf(made.certificate), made.key)
    key = ec.generate_private_key(curve)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(ALICE))
        .issuer_name(name_of(ALICE))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.fromtimestamp(NOW - 60, UTC))
        .not_valid_after(datetime.fromtimestamp(NOW + lifetime, UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return FullAuto(leaf(builder.sign(key, SHA256())), key)


def party_certificate(*, lifetime: float = 365 * 86400.0) -> SemiAuto:
    return SemiAuto(leaf(self_signed(ALICE, now=NOW, lifetime=lifetime).certificate))


def pcrs_of(mode: FullAuto | SemiAuto, image: str = "an image") -> dict[int, bytes]:
    if isinstance(mode, FullAuto):
        return measured(image)
    return {**measured(image), 8: pcr_of_certificate(mode.certificate.der)}


@attrs.frozen
class Enclave:
    """A party in an enclave of development, at a time that a test moves."""

    mode: FullAuto | SemiAuto
    carrier: Carrier = "reference"
    clock: Clock = attrs.field(factory=Clock)
    module: DevelopmentModule = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        module = DevelopmentModule(ROOT, pcrs=pcrs_of(self.mode), clock=self.clock)
        object.__setattr__(self, "module", module)

    @property
    def issuing(self) -> Issuing:
        return Issuing(ALICE, self.mode, TRUST, self.carrier)
