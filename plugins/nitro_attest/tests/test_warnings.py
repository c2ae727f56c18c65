"""What the library warns of in a stranger's certificate is refused, and printed nowhere."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from partywire_nitro_attest.carriers import PLAIN
from partywire_nitro_attest.development import Blueprint, DevelopmentModule
from partywire_nitro_attest.development.defects.chains import changed, named

if TYPE_CHECKING:
    from pathlib import Path

    from partywire_nitro_attest.development import Certified

_JUDGING = """
import sys
from partywire_nitro_attest import Refused, Roots, Trust, judge_document
root, now, *documents = sys.argv[1:]
trust = Trust(Roots(frozenset({root})))
for document in documents:
    try:
        judge_document(open(document, "rb").read(), now=float(now), trust=trust)
    except Refused as error:
        print(error.refusal.code)
"""

_SHOWING = "from partywire_cli.main import main; main()"


def child(*arguments: object) -> tuple[str, str]:
    """What a program of its own prints, which has the warnings that every program has."""
    command = [sys.executable, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)  # noqa: S603
    return ended.stdout, ended.stderr


def long_name(blueprint: Blueprint) -> Blueprint:
    name = x509.NameAttribute(x509.NameOID.COMMON_NAME, "n" * 65, _validate=False)
    return attrs.evolve(blueprint, subject=x509.Name([name]))


def with_negative_serial(certificate: x509.Certificate) -> bytes:
    """The certificate with another serial number, which breaks its signature too."""
    number = certificate.serial_number
    serial = number.to_bytes(number.bit_length() // 8 + 1)
    der = certificate.public_bytes(Encoding.DER)
    assert der.count(serial) == 1
    return der.replace(serial, bytes([serial[0] | 0x80]) + serial[1:])


@pytest.mark.filterwarnings("ignore:Attribute's length")  # as it is made here
def test_a_document_whose_certificates_are_odd_is_refused_in_silence(
    tmp_path: Path, module: DevelopmentModule, root: Certified, now: float
) -> None:
    making = module.making()
    odd = with_negative_serial(making.chain.leaf.certificate)
    documents = {
        "long": changed("instance", long_name)(making),
        "serial": making.saying(certificate=odd).document(),
    }
    for name, document in documents.items():
        (tmp_path / name).write_bytes(document)
    files = [tmp_path / name for name in documents]
    printed, warned = child("-c", _JUDGING, root.fingerprint, now, *files)
    assert printed.split() == ["chain-certificate", "chain-certificate"]
    assert warned == ""


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_an_odd_certificate_is_described_in_silence(
    tmp_path: Path, module: DevelopmentModule, now: float
) -> None:
    extension = (x509.UnrecognizedExtension(PLAIN, module.attest()), False)
    made = long_name(Blueprint(named("alice"), now, now + 60, (extension,))).made()
    (tmp_path / "odd.crt").write_bytes(made.der)
    printed, warned = child("-c", _SHOWING, "attestation", "show", tmp_path / "odd.crt")
    assert "n" * 65 in printed
    assert warned == ""
