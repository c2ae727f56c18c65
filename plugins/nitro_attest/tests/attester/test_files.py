"""The keys of both attesters, and their files: every mistake is told by its key."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from partywire_grpc.certificates.making import authority, self_signed
from partywire_grpc.certificates.reading import read_leaves
from partywire_nitro_attest import pcr_of_certificate
from partywire_nitro_attest.attester.development_config import PROVES_NOTHING
from partywire_nitro_attest.development import new_root
from partywire_nitro_attest.development.root_file import root_in_pem

from .configs import CA, NOW, OWN, ROOT, Files, mistakes, remarks
from .parties import ALICE


def test_each_mode_has_keys_of_its_own(files: Files) -> None:
    both = {**files.full_auto, **files.semi_auto}
    for mode, missing, unused in (
        ("full-auto", "ca_certificate is missing and ca_key is missing", "party_certificate is"),
        ("semi-auto", "party_certificate is missing", "ca_certificate is not used and ca_key is"),
    ):
        found = mistakes({**files.development, "mode": mode})["attester.mode"]
        assert f'with mode = "{mode}" {missing}' in found
        found = mistakes({**files.development, **both, "mode": mode})["attester.mode"]
        assert f'with mode = "{mode}" {unused} not used' in found


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"mode": "auto"}, "mode"),
        ({"carrier": "json"}, "carrier"),
        ({"lifetime": "4h"}, "lifetime"),
        ({"lifetime": 0}, "lifetime"),
        ({"image": 7}, "image"),
    ],
)
def test_keys_are_read_strictly(files: Files, keys: dict[str, Any], key: str) -> None:
    found = mistakes({**files.development, **files.full_auto, **keys})
    assert list(found) == [f"attester.{key}"]


def test_a_fingerprint_of_nsm_is_one(files: Files) -> None:
    assert (
        "64 hex"
        in mistakes({"plugin": "nsm", **files.semi_auto, "roots": ["00"]})["attester.roots"]
    )


def key_pem(curve: ec.EllipticCurve, password: bytes | None = None) -> bytes:
    how = BestAvailableEncryption(password) if password else NoEncryption()
    key = ec.generate_private_key(curve)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("ca_key", b"", "holds no private key that can be read"),
        ("ca_key", key_pem(ec.SECP256R1()), "is not the key of the certificate in"),
        ("ca_key", key_pem(ec.SECP521R1()), "its key is of another kind; a key on the curve"),
        ("ca_key", key_pem(ec.SECP256R1(), b"word"), "not encrypted"),
        ("ca_key", CA.certificate_pem, "holds no private key"),
        ("ca_certificate", OWN.certificate_pem, "says of itself that it is no CA"),
        ("ca_certificate", CA.certificate_pem * 2, "holds 2 certificates"),
        ("ca_certificate", CA.certificate_pem + CA.key_pem, "a private key is in it"),
        (
            "ca_certificate",
            authority("bob.example", now=NOW).certificate_pem,
            'this is the CA "bob.example"',
        ),
        ("party_certificate", b"", "no certificate in PEM"),
        (
            "party_certificate",
            self_signed("bob.example", now=NOW).certificate_pem,
            'the certificate is of "bob.example"',
        ),
        ("root", b"", "no certificate with its private key"),
        ("root", ROOT.certificate.public_bytes(Encoding.PEM), "development-root"),
        ("root", root_in_pem(ROOT)[:900] + key_pem(ec.SECP384R1()), "private key"),
    ],
)
def test_a_file_that_is_not_in_order_is_told_by_its_key(
    files: Files, file: str, content: bytes, said: str
) -> None:
    mode = files.semi_auto if file == "party_certificate" else files.full_auto
    keys = {**files.development, **mode}
    keys[file] = files.private("odd.pem", content)
    found = mistakes(keys)
    assert list(found) == [f"attester.{file}"]
    assert said in found[f"attester.{file}"]
    assert "odd.pem" in found[f"attester.{file}"]


def test_all_mistakes_of_files_are_told_at_once(files: Files) -> None:
    for name in ("ca.key", "root.pem"):
        (files.folder / name).chmod(0o644)
    (files.folder / "ca.crt").unlink()
    found = mistakes({**files.development, **files.full_auto})
    assert set(found) == {"attester.ca_certificate", "attester.ca_key", "attester.root"}
    assert "run: chmod 600" in found["attester.ca_key"]
    assert "run: chmod 600" in found["attester.root"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("party_certificate", "its party certificate expired at"),
        ("ca_certificate", "the certificate of its CA expired at"),
        ("root", "the root expired at"),
    ],
)
def test_a_file_whose_certificate_has_ended_is_told(files: Files, file: str, said: str) -> None:
    ca = authority(ALICE, now=NOW - 20, lifetime=10)
    ended = {
        "party_certificate": self_signed(ALICE, now=NOW - 20, lifetime=10).certificate_pem,
        "ca_certificate": ca.certificate_pem,
        "root": root_in_pem(new_root(NOW - 50 * 365 * 86400)),
    }
    mode = files.semi_auto if file == "party_certificate" else files.full_auto
    keys = {**files.development, **mode, file: files.private("odd.pem", ended[file])}
    if file == "ca_certificate":
        keys["ca_key"] = files.private("odd.key", ca.key_pem)
    found = mistakes(keys)
    assert list(found) == [f"attester.{file}"]
    assert said in found[f"attester.{file}"]


def test_check_says_what_peers_compare(files: Files) -> None:
    lines = remarks({**files.development, **files.semi_auto})
    [own] = read_leaves(OWN.certificate_pem, ALICE)
    assert any(f"SHA-256 {own.sha256}" in line for line in lines)
    assert f"attester: PCR8 of its image has to be {pcr_of_certificate(own.der).hex()}" in lines
    assert any(ROOT.fingerprint in line for line in lines)
    assert [line for line in lines if line.startswith("Warning: ")] == [
        f"Warning: {PROVES_NOTHING.format(ALICE)}"
    ]


def test_check_warns_of_what_ends_soon(files: Files) -> None:
    ends = self_signed(ALICE, now=NOW, lifetime=86400).certificate_pem
    keys = {**files.semi_auto, "party_certificate": files.private("soon.crt", ends)}
    said = "Warning: its party certificate ends soon; renew it, and give it to the peers"
    assert said in remarks({**files.development, **keys})
