"""Mistakes in the keys are told when the config is read, and nothing of a private key is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from partywire import check_config
from partywire.config import load_config
from partywire.errors import ConfigInvalid
from partywire.plugins import Plugins
from partywire_operator import config as keys

from .parties import OPERATORS, config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EC = generate_private_key(SECP256R1())


def private(encryption: Any = None, key: Any = OPERATORS["alice"]) -> bytes:
    encryption = encryption or NoEncryption()
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return pem


SIGNERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: path.unlink(), "it cannot be read: No such file or directory"),
    "others can read it": (lambda path: path.chmod(0o644), "others than its owner can use it"),
    "empty": (lambda path: path.write_bytes(b""), keys.PRIVATE),
    "encrypted": (
        lambda path: path.write_bytes(private(BestAvailableEncryption(b"secret"))),
        keys.PRIVATE,
    ),
    "of another kind": (lambda path: path.write_bytes(private(key=EC)), keys.PRIVATE),
    "the public half": (
        lambda path: path.write_bytes(path.with_suffix(".pub").read_bytes()),
        keys.PRIVATE,
    ),
}
OPERATORS_OF_PEERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: path.unlink(), "it cannot be read: No such file or directory"),
    "empty": (lambda path: path.write_bytes(b""), keys.PUBLIC),
    "the private half": (lambda path: path.write_bytes(private()), keys.PUBLIC),
    "of another kind": (
        lambda path: path.write_bytes(
            EC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        ),
        keys.PUBLIC,
    ),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_a_signer_that_is_of_no_use(name: str, tmp_path: Path) -> None:
    spoil, words = SIGNERS[name]
    given = config(tmp_path)
    spoil(tmp_path / "alice.key")
    told(given, "attester.signer", words)


@pytest.mark.parametrize("name", OPERATORS_OF_PEERS)
def test_an_operator_of_no_use(name: str, tmp_path: Path) -> None:
    spoil, words = OPERATORS_OF_PEERS[name]
    given = config(tmp_path)
    spoil(tmp_path / "bob.pub")
    told(given, "peer[0].operator", words)


@pytest.mark.parametrize("lifetime", ["1s", "800h", "for ever"])
def test_a_lifetime_of_no_use(lifetime: str, tmp_path: Path) -> None:
    given = config(tmp_path)
    given["attester"]["lifetime"] = lifetime
    told(given, "attester.lifetime", "expected")


def test_the_key_is_in_no_repr(tmp_path: Path) -> None:
    read = load_config(config(tmp_path), Plugins())
    assert read.attester is not None
    assert "Ed25519" not in repr(read.attester.config)


def test_what_is_to_be_compared_is_told(tmp_path: Path) -> None:
    read = load_config(config(tmp_path), Plugins())
    chosen = read.verifiers[0]
    assert chosen.descriptor.remarks is not None
    (line,) = chosen.descriptor.remarks(read.setting(chosen))
    assert line.startswith("bob: the public key of its operator has SHA-256 ")
    assert line.endswith(keys.fingerprint(OPERATORS["bob"].public_key()))


def test_what_is_trusted_is_said(tmp_path: Path) -> None:
    read = load_config(config(tmp_path), Plugins())
    chosen = read.verifiers[0]
    assert chosen.descriptor.trusted is not None
    key = keys.fingerprint(OPERATORS["bob"].public_key())
    assert chosen.descriptor.trusted(read.setting(chosen)) == [f"bob bound {key}"]


def told(given: dict[str, Any], key: str, words: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(given, Plugins())
    (mistake,) = caught.value.mistakes
    assert mistake.key == key
    assert words in mistake.problem
    assert "PRIVATE KEY" not in str(caught.value)


def test_check_tells_what_two_parties_read_to_each_other(tmp_path: Path) -> None:
    remarks = check_config(config(tmp_path)).remarks
    own, peers = (keys.fingerprint(OPERATORS[party].public_key()) for party in ("alice", "bob"))
    assert f"attester: the public key of this party's operator has SHA-256 {own}" in remarks
    assert f"bob: the public key of its operator has SHA-256 {peers}" in remarks
