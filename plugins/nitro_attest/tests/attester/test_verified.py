"""What the attester shows, the verifier takes: in both modes, by both carriers, with a proof."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from partywire.config import load_config
from partywire.errors import IdentityError
from partywire.plugins import Plugins
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_nitro_attest.development import measured

from .configs import CA, OWN, ROOT, Files, chosen
from .parties import ALICE

if TYPE_CHECKING:
    from pathlib import Path

    from partywire.interfaces import IdentityVerifier

pytestmark = pytest.mark.anyio
BINDING = bytes(range(48))


def verifier(folder: Path, mode: str) -> IdentityVerifier:
    """That of bob, who trusts the image and the root."""
    certificate = folder / "alice.crt"
    pem = CA.certificate_pem if mode == "full_auto" else OWN.certificate_pem
    certificate.write_bytes(pem)
    anchor = (
        {"anchor": "ca", "certificate": str(certificate)}
        if mode == "full_auto"
        else {"anchor": "by-attestation", "party_certificate": str(certificate)}
    )
    pcrs = {f"pcr{index}": measured("one")[index].hex() for index in range(3)}
    release = {"name": "one", **pcrs}
    content: dict[str, Any] = {
        "party": {"id": "bob.example"},
        "transport": {"plugin": "inmemory", "network": "verified"},
        "verifier": [
            {"plugin": "x509"},
            {"plugin": "nitro", "release": [release], "development_root": ROOT.fingerprint},
        ],
        "peer": [{"id": ALICE, **anchor}],
    }
    config = load_config(content, Plugins())
    nitro = config.verifiers[1]
    return nitro.descriptor.open(config.setting(nitro))


@pytest.mark.parametrize("carrier", ["reference", "standard"])
@pytest.mark.parametrize("mode", ["full_auto", "semi_auto"])
async def test_what_the_attester_shows_the_verifier_takes(
    tmp_path: Path, mode: str, carrier: str
) -> None:
    files, judging = Files(tmp_path), verifier(tmp_path, mode)
    keys = {**files.development, **getattr(files, mode), "carrier": carrier}
    descriptor, setting = chosen(keys)
    async with descriptor.open(setting) as attester:
        credentials = await attester.credentials()
        leaf = x509.load_pem_x509_certificate(credentials.certificates)
        evidence = TlsEvidence(ALICE, "here", leaf=leaf.public_bytes(Encoding.DER))
        verdict = judging.verify(evidence, expected=ALICE, now=time.time())
        assert verdict.party == ALICE
        assert verdict.valid_until is not None
        assert verdict.valid_until <= leaf.not_valid_after_utc.timestamp()
        proof = await attester.attest(BINDING, shown=evidence.digest)
        proved = attrs.evolve(evidence, proof=proof)
        bound = judging.verify(proved, expected=ALICE, binding=BINDING, now=time.time())
        assert bound.claims["level"] == "bound"
        with pytest.raises(IdentityError):
            judging.verify(proved, expected=ALICE, binding=BINDING[::-1], now=time.time())
