"""A party's own files are taken if they are in order, and no byte of a key is shown otherwise."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from partywire.errors import ConfigInvalid
from partywire.identity import Credentials
from partywire_grpc.certificates.evidence import MAX_SHOWN
from partywire_grpc.certificates.files import Unfit, write_private
from partywire_grpc.certificates.keys import (
    OwnKey,
    checked_credentials,
    load_credentials,
    read_key,
)
from partywire_grpc.certificates.making import self_signed
from tests.certificates.building import make
from tests.certificates.der import for_pss_alone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

MADE = self_signed("alice", now=1_800_000_000)
OTHER = self_signed("bob", now=1_800_000_000)
PLAIN = NoEncryption()


def pem(
    key: PrivateKeyTypes,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption = PLAIN,
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, encryption)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "alice.crt").write_bytes(MADE.certificate_pem)
    write_private(tmp_path / "alice.key", MADE.key_pem)
    return tmp_path


def load(folder: Path) -> Credentials:
    return load_credentials(folder / "alice.crt", folder / "alice.key", source="alice.toml")


def mistakes(folder: Path) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load(folder)
    assert caught.value.source == "alice.toml"
    shows_nothing(str(caught.value), folder)
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def secrets(folder: Path) -> Iterator[str]:
    """Whatever in the key file might be the key: its lines, but for those that PEM adds."""
    path = folder / "alice.key"
    if path.is_file() and path.stat().st_size < 1 << 16:
        text = path.read_bytes().decode("latin-1")
        yield from (line for line in text.splitlines() if re.fullmatch(r"[A-Za-z0-9+/=]{8,}", line))


def shows_nothing(text: str, folder: Path) -> None:
    for secret in secrets(folder):
        assert secret not in text


def key_becomes(folder: Path, content: bytes) -> None:
    (folder / "alice.key").write_bytes(content)


def test_files_in_order_are_taken(folder: Path) -> None:
    credentials = load(folder)
    assert x509.load_pem_x509_certificate(credentials.certificates) == MADE.certificate
    key = load_pem_private_key(credentials.private_key, None)
    assert key.public_key() == MADE.key.public_key()
    shows_nothing(repr(credentials), folder)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["P-256", "P-384", "RSA"],
)
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_the_keys_that_are_taken(folder: Path, key: OwnKey, form: PrivateFormat) -> None:
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    for before in (b"", parameters):  # which openssl writes first
        key_becomes(folder, before + pem(key, form))
        assert pem(read_key(folder / "alice.key")) == pem(key)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2040),  # noqa: S505 - as it must not be
        rsa.generate_private_key(65537, 4104),
    ],
    ids=["P-521", "secp256k1", "Ed25519", "short RSA", "long RSA"],
)
def test_keys_of_another_kind_are_not(folder: Path, key: PrivateKeyTypes) -> None:
    key_becomes(folder, pem(key))
    assert "its key is of another kind or size" in mistakes(folder)["transport.private_key"]


def test_a_certificate_for_another_use_of_rsa_is_not(folder: Path) -> None:
    """gRPC takes it for no certificate at all (seen with 1.85)."""
    held = make("alice", now=1_800_000_000, key=rsa.generate_private_key(65537, 2048))
    (folder / "alice.crt").write_bytes(for_pss_alone(held).pem)
    key_becomes(folder, held.key_pem)
    assert "RSASSA-PSS alone" in mistakes(folder)["transport.certificate"]


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_encrypted_key_is_not(folder: Path, form: PrivateFormat) -> None:
    key_becomes(folder, pem(MADE.key, form, BestAvailableEncryption(b"password")))
    assert "it is encrypted" in mistakes(folder)["transport.private_key"]


def test_what_is_no_key_is_not(folder: Path) -> None:
    lines = MADE.key_pem.splitlines(keepends=True)
    broken = b"".join([lines[0], b"A" + lines[1], *lines[2:]])
    for content, problem in [
        (b"", "no private key in PEM"),
        (b"\x00\xff" * 99, "no private key in PEM"),
        (MADE.certificate_pem, "a certificate is in it, and no private key"),
        (broken, "the private key in it cannot be read"),
        (MADE.key_pem[:-30], "the private key in it cannot be read"),
        (b"x" * 65537, "it is larger than 65536 bytes"),
    ]:
        key_becomes(folder, content)
        assert problem in mistakes(folder)["transport.private_key"]


def test_a_key_that_others_can_read_is_not(folder: Path) -> None:
    (folder / "alice.key").chmod(0o640)
    assert "chmod 600" in mistakes(folder)["transport.private_key"]


def test_a_link_to_a_key_is_followed(folder: Path) -> None:
    (folder / "alice.key").rename(folder / "real.key")
    (folder / "alice.key").symlink_to(folder / "real.key")
    assert load(folder).private_key == MADE.key_pem


def test_key_and_certificate_belong_together(folder: Path) -> None:
    key_becomes(folder, OTHER.key_pem)
    problem = mistakes(folder)["transport.private_key"]
    assert f"it is not the key of the certificate in {folder / 'alice.crt'}" in problem


def test_the_certificate_stands_alone(folder: Path) -> None:
    for content, problem in [
        (b"", "no certificate in PEM that can be read"),
        (MADE.certificate_pem.replace(b"MII", b"MIJ", 1), "no certificate in PEM"),
        (MADE.certificate_pem + OTHER.certificate_pem, "it holds 2 certificates; exactly one"),
        (MADE.certificate_pem + MADE.key_pem, "a private key is in it"),
    ]:
        (folder / "alice.crt").write_bytes(content)
        assert problem in mistakes(folder)["transport.certificate"]


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    (folder / "alice.crt").unlink()
    (folder / "alice.key").chmod(0o644)
    assert set(mistakes(folder)) == {"transport.certificate", "transport.private_key"}


def test_a_certificate_in_the_place_of_the_key_is_told_before_its_mode(folder: Path) -> None:
    key_becomes(folder, MADE.certificate_pem)
    (folder / "alice.key").chmod(0o644)
    told = mistakes(folder)["transport.private_key"]
    assert told.endswith("alice.key: a certificate is in it, and no private key")


def test_whose_certificate_it_is_that_the_key_is_not_of(folder: Path) -> None:
    (folder / "alice.crt").write_bytes(OTHER.certificate_pem)
    assert mistakes(folder)["transport.private_key"].endswith("alice.crt, which is of bob")


def test_what_is_in_no_file_is_held_to_the_same_rules() -> None:
    made, other = MADE, OTHER
    sound = Credentials(made.certificate_pem, made.key_pem)
    assert checked_credentials(sound) == sound
    for odd, problem in (
        (Credentials(made.certificate_pem * 2, made.key_pem), "holds 2 certificates"),
        (Credentials(made.certificate_pem, other.key_pem), "not the key of the certificate"),
        (Credentials(made.certificate_pem + made.key_pem, made.key_pem), "a private key is in it"),
        (Credentials(made.certificate_pem, b"nothing"), "no private key in PEM"),
    ):
        with pytest.raises(Unfit, match=problem) as caught:
            checked_credentials(odd)
        assert made.key_pem.decode()[40:80] not in str(caught.value)


@pytest.mark.parametrize("much", [False, True])
def test_a_certificate_that_no_server_takes_of_a_caller_is_not_shown(much: bool) -> None:
    spare = MAX_SHOWN - len(padded(0)[0])
    certificate, key = padded(spare + (100 if much else -100))
    made = Credentials(ssl.DER_cert_to_PEM_cert(certificate).encode(), key)
    if not much:
        assert checked_credentials(made).private_key == key
        return
    with pytest.raises(Unfit, match=f"gRPC's servers take {MAX_SHOWN} of a caller; use a smaller"):
        checked_credentials(made)


def padded(size: int) -> tuple[bytes, bytes]:
    """A certificate with that many bytes more, and its key."""
    padding = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(size))
    held = make("alice", now=1_800_000_000, more=[(padding, False)])
    return held.der, held.key_pem
