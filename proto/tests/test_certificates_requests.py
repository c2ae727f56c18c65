"""Requests for certificates: a key that was proved comes out, or one of our errors."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as some

from partywire.errors import EvidenceInvalid
from partywire_grpc.certificates.files import MAX_FILE
from partywire_grpc.certificates.making import authority, certified
from partywire_grpc.certificates.requests import request_pem, requested_key
from tests.certificates.building import named

POINT = PublicFormat.UncompressedPoint
KEY = ec.generate_private_key(ec.SECP256R1())
REQUEST = request_pem("alice", KEY)


def asked(*names: str, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """A request for these names."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(named(*names))
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return builder.sign(key, digest).public_bytes(Encoding.PEM)


def test_the_key_of_a_request_comes_out_and_is_certified() -> None:
    key = requested_key(REQUEST, "alice")
    assert key == KEY.public_key()
    ca = authority("alice", now=1_800_000_000)
    made = certified("alice", key, ca, now=1_800_000_000)
    assert made.public_key() == key
    made.verify_directly_issued_by(ca.certificate)


@pytest.mark.parametrize(
    ("pem", "problem"),
    [
        (b"", "no request"),
        (REQUEST[:-40], "no request"),
        (b"x" * (MAX_FILE + 1), "more than 65536 bytes"),
        (request_pem("bob", KEY), "the request is for bob"),
        (asked(key=ec.generate_private_key(ec.SECP256R1())), "the request is for nobody"),
        (
            asked("alice", "bob", key=ec.generate_private_key(ec.SECP256R1())),
            "the request is for alice, bob",
        ),
        (
            asked("alice\n\x1b[2J", key=ec.generate_private_key(ec.SECP256R1())),
            r"for alice\\n\\x1b\[2J",
        ),
        (asked("alice", key=ec.generate_private_key(ec.SECP521R1())), "no party may have"),
        (asked("alice", key=ed25519.Ed25519PrivateKey.generate()), "no party may have"),
    ],
)
def test_what_is_no_such_request_is_refused(pem: bytes, problem: str) -> None:
    with pytest.raises(EvidenceInvalid, match=problem):
        requested_key(pem, "alice")


def test_a_request_for_the_key_of_somebody_else_is_refused() -> None:
    """Its signature is by another key."""
    der = x509.load_pem_x509_csr(REQUEST).public_bytes(Encoding.DER)
    other = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, POINT)
    mine = KEY.public_key().public_bytes(Encoding.X962, POINT)
    assert der.count(mine) == 1
    forged = x509.load_der_x509_csr(der.replace(mine, other)).public_bytes(Encoding.PEM)
    with pytest.raises(EvidenceInvalid, match="not signed by its own key"):
        requested_key(forged, "alice")


@given(some.integers(min_value=0), some.integers(0, 255))
def test_a_request_with_a_wrong_byte_is_refused_or_one_for_its_party(place: int, byte: int) -> None:
    der = bytearray(x509.load_pem_x509_csr(REQUEST).public_bytes(Encoding.DER))
    der[place % len(der)] = byte
    lines = b64encode(der).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{lines}\n-----END CERTIFICATE REQUEST-----\n"
    try:
        requested_key(pem.encode(), "alice")
    except EvidenceInvalid:
        return
