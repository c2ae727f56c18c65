"""``partywire attestation show``: what a document says, out of a file or out of a certificate."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from partywire_nitro_attest.carriers import MEDIA_TYPE, PLAIN, WRAPPED
from partywire_nitro_attest.development import Blueprint, in_debug_mode
from partywire_nitro_attest.development.cbor import encoded
from partywire_nitro_attest.development.certified import new_key
from partywire_nitro_attest.development.defects import DEFECTS, VARIANTS

from .running import Place, run

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

UNVERIFIED = "Warning: nothing of this was verified"


def shown(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    lines = [line.split("  ", 1) for line in result.stdout.splitlines() if "  " in line]
    return {name.strip(): text.strip() for name, text in lines}


def certificate(place: Place, *carried: tuple[x509.ObjectIdentifier, bytes]) -> bytes:
    """A certificate in PEM with these extensions."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "alice.example")])
    made = Blueprint(subject, place.now, place.now + 60)
    for oid, value in carried:
        extension = (x509.UnrecognizedExtension(oid, value), False)
        made = attrs.evolve(made, extensions=(*made.extensions, extension))
    return made.made().certificate.public_bytes(Encoding.PEM)


def der(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x82]) + len(content).to_bytes(2) + content


def test_every_field_is_told(place: Place) -> None:
    key = new_key(ec.SECP256R1()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    making = place.making(public_key=spki, user_data=b"\1\2", nonce=b"")
    result = run("show", place.written(making.document()))
    found = shown(result)
    assert found["module"] == making.module_id
    assert found["debug mode"] == "no"
    assert found["PCR0"] == f"{place.pcrs[0].hex()} (the image)"
    assert found["PCR4"].endswith("(the instance)")
    assert found["PCRs of zeros"] == "3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15"
    assert found["public key"].startswith("of secp256r1; 91 bytes")
    assert found["user data"] == "2 bytes: 0102"
    assert found["nonce"] == "0 bytes"
    assert found["signed by"].startswith(f"{making.module_id}.dev-1.development; ")
    assert found["root"].startswith("development.nitro-enclaves; ")
    assert UNVERIFIED in result.stdout
    assert "expired" not in result.stdout


def test_what_is_over_and_what_is_debug_is_told(tmp_path: Path) -> None:
    place = Place(tmp_path, now=1_782_779_620.0, pcrs=in_debug_mode())
    result = run("show", place.written(place.making().document()))
    found = shown(result)
    assert found["made"].startswith("2026-06-30 00:33:40 UTC, ")
    assert found["debug mode"].startswith("yes")
    assert "(expired)" in found["signed by"]
    assert "(expired)" not in found["root"]
    assert "Warning: the enclave runs in debug mode" in result.stdout
    assert "Warning: over by now: the signing certificate, region, zone, instance" in result.stdout


@pytest.mark.parametrize("name", [*VARIANTS, *DEFECTS])
def test_any_document_is_told_or_refused_in_one_sentence(place: Place, name: str) -> None:
    made = {**VARIANTS, **DEFECTS}[name](place.making())
    result = run("show", place.written(made))
    assert result.exit_code in (0, 1)
    assert result.exit_code == 0 or result.stderr.startswith("Error: ")
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert all(character.isprintable() or character == "\n" for character in result.output)


def test_data_that_is_long_is_told_by_its_digest(place: Place) -> None:
    found = shown(run("show", place.written(place.making(user_data=bytes(1024)).document())))
    assert found["user data"].startswith("1024 bytes, SHA-256 5f70bf18")


@pytest.mark.parametrize("form", ["pem", "der"])
def test_a_document_in_a_certificate_is_found(place: Place, form: str) -> None:
    document = place.making().document()
    content = certificate(place, (PLAIN, document))
    if form == "der":
        content = x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
    found = shown(run("show", place.written(content)))
    assert found["in certificate"].startswith("alice.example; ")
    assert found["by extension"] == "1.2.840.113549.1.7.2"
    assert found["module"].startswith("i-")


def test_a_document_in_a_conceptual_message_is_found(place: Place) -> None:
    document = place.making().document()
    in_cbor = der(0x04, encoded([MEDIA_TYPE, document, 4]))
    text = base64.urlsafe_b64encode(document).decode().rstrip("=")
    in_json = der(0x0C, json.dumps([MEDIA_TYPE, text, 4]).encode())
    for value in (in_cbor, in_json):
        found = shown(run("show", place.written(certificate(place, (WRAPPED, value)))))
        assert found["by extension"] == "1.3.6.1.5.5.7.1.35"
        assert found["module"].startswith("i-")


def test_a_certificate_without_a_document_is_refused(place: Place) -> None:
    result = run("show", place.written(certificate(place)))
    assert result.exit_code == 1
    assert "carries no attestation document" in result.stderr


def test_two_documents_in_one_certificate_are_refused(place: Place) -> None:
    document = place.making().document()
    wrapped = der(0x04, encoded([MEDIA_TYPE, document, 4]))
    result = run("show", place.written(certificate(place, (PLAIN, document), (WRAPPED, wrapped))))
    assert result.exit_code == 1
    assert "carries two attestation documents" in result.stderr


def test_a_document_wrapped_as_der_is_refused(place: Place) -> None:
    wrapped = der(0x04, place.making().document())
    result = run("show", place.written(certificate(place, (PLAIN, wrapped))))
    assert result.exit_code == 1
    assert "cbor-" in result.stderr


@pytest.mark.parametrize("content", [b"", b"\x30", b"-----BEGIN CERTIFICATE-----", b"\0" * 70000])
def test_files_of_anything_else_are_refused(place: Place, content: bytes) -> None:
    result = run("show", place.written(content))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run("show", tmp_path / "missing.bin")
    assert result.exit_code == 1
    assert "missing.bin cannot be read: No such file" in result.stderr


def test_a_certificate_with_one_extension_twice_is_refused(place: Place) -> None:
    """As every node refuses it: the library raises an error of its own kind at that."""
    twin = x509.ObjectIdentifier("1.2.840.113549.1.7.3")
    made = x509.load_pem_x509_certificate(certificate(place, (PLAIN, b"one"), (twin, b"two")))
    content = made.public_bytes(Encoding.DER)
    ends = [_oid(PLAIN), _oid(twin)]
    assert content.count(ends[1]) == 1
    file = place.folder / "twice.crt"
    file.write_bytes(content.replace(ends[1], ends[0]))
    result = run("show", file)
    assert result.exit_code != 0
    assert "the certificate cannot be read: Duplicate" in result.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_nobody_is_waited_for_at_a_pipe(place: Place) -> None:
    pipe = place.folder / "pipe"
    os.mkfifo(pipe)
    result = run("show", pipe)
    assert result.exit_code != 0
    assert "is no regular file" in result.stderr


def _oid(oid: x509.ObjectIdentifier) -> bytes:
    """The encoding of an object identifier that differs from `PLAIN` in its last part."""
    last = int(oid.dotted_string.rpartition(".")[2])
    return bytes.fromhex("06092a864886f70d0107") + bytes([last])
