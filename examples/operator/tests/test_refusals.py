"""What an operator has not vouched for, and what no key of it has proved, is refused in words."""

from __future__ import annotations

import struct
from itertools import product
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import CertificateBuilder, UnrecognizedExtension
from hypothesis import given
from hypothesis.strategies import binary

from partywire.errors import EvidenceInvalid
from partywire.identity import Evidence
from partywire_grpc.certificates.making import SET_BACK, self_signed
from partywire_operator import proof
from partywire_operator import voucher as vouchers
from partywire_operator.verifier import NOT_SELF_SIGNED

from .parties import BINDING, HOUR, KEYS, NOW, OPERATORS, leaf, shown, verifier, voucher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography.x509 import Certificate

    from partywire_operator import OperatorVerifier

NOT_BY = vouchers.NOT_BY.format("alice")


def changed(change: Callable[[bytes], bytes]) -> UnrecognizedExtension:
    return UnrecognizedExtension(vouchers.OID, change(voucher("alice").value))


def signed_by_another_key() -> Certificate:
    """By bob's, with a voucher of alice's."""
    good = leaf("alice", voucher("alice"))
    return (
        CertificateBuilder(good.issuer, good.subject, good.public_key(), good.serial_number)
        .not_valid_before(good.not_valid_before_utc)
        .not_valid_after(good.not_valid_after_utc)
        .add_extension(voucher("alice"), critical=False)
        .sign(KEYS["bob"], SHA256())
    )


LEAVES: dict[str, tuple[Callable[[], Certificate], str]] = {
    "no voucher": (lambda: leaf("alice"), vouchers.NONE),
    "another operator's": (lambda: leaf("alice", voucher("alice", by="bob")), NOT_BY),
    "of another party": (lambda: leaf("alice", voucher("bob", by="alice")), NOT_BY),
    "of another key": (
        lambda: leaf("alice", voucher("alice", key=KEYS["bob"].public_key())),
        NOT_BY,
    ),
    "ends earlier": (lambda: leaf("alice", voucher("alice", end=NOW + HOUR - 1)), NOT_BY),
    "begins later": (lambda: leaf("alice", voucher("alice", begin=NOW)), NOT_BY),
    "empty": (lambda: leaf("alice", changed(lambda _: b"")), NOT_BY),
    "without a head": (lambda: leaf("alice", changed(lambda whole: whole[2:])), NOT_BY),
    "another head": (lambda: leaf("alice", changed(lambda whole: b"\x03" + whole[1:])), NOT_BY),
    "cut": (lambda: leaf("alice", changed(lambda whole: whole[:-1])), NOT_BY),
    "a byte after it": (lambda: leaf("alice", changed(lambda whole: whole + b"\0")), NOT_BY),
    "signed by another key": (signed_by_another_key, NOT_SELF_SIGNED),
}


@pytest.mark.parametrize("name", LEAVES)
def test_a_certificate_that_is_not_vouched_for_is_refused(
    name: str, judging: OperatorVerifier
) -> None:
    make, words = LEAVES[name]
    refused(judging, shown(make(), "alice"), words)


def test_a_voucher_ends_with_its_certificate(judging: OperatorVerifier) -> None:
    good = shown(leaf("alice", voucher("alice")), "alice")
    refused(judging, good, "the certificate expired at 2023-11-14", now=NOW + HOUR)
    refused(judging, good, "the certificate is not valid before", now=NOW - SET_BACK - 1)
    for now in (NOW - SET_BACK, NOW, NOW + HOUR - 0.001):
        judging.verify(good, expected="alice", now=now)


PROOFS: dict[str, tuple[Callable[[], bytes], str]] = {
    "none": (lambda: b"", proof.NONE),
    "of another connection": (
        lambda: proof.prove(KEYS["alice"], BINDING[::-1]),
        proof.OF_ANOTHER,
    ),
    "of a part of the binding": (
        lambda: proof.prove(KEYS["alice"], BINDING[:-1]),
        proof.OF_ANOTHER,
    ),
    "by another party": (lambda: proof.prove(KEYS["bob"], BINDING), proof.OF_ANOTHER),
    "by a new key": (
        lambda: proof.prove(generate_private_key(SECP256R1()), BINDING),
        proof.OF_ANOTHER,
    ),
    "of the bare binding": (
        lambda: KEYS["alice"].sign(BINDING, proof._BY),
        proof.OF_ANOTHER,
    ),
    "a byte after it": (lambda: proof.prove(KEYS["alice"], BINDING) + b"\0", proof.OF_ANOTHER),
    "by the operator": (lambda: OPERATORS["alice"].sign(BINDING), proof.OF_ANOTHER),
}


@pytest.mark.parametrize("name", PROOFS)
def test_a_proof_of_something_else_is_refused(name: str, judging: OperatorVerifier) -> None:
    make, words = PROOFS[name]
    evidence = attrs.evolve(shown(leaf("alice", voucher("alice")), "alice"), proof=make())
    refused(judging, evidence, words, binding=BINDING)
    if evidence.proof:
        refused(judging, evidence, proof.UNASKED)


def test_a_key_that_makes_no_proofs_is_refused_where_one_is_asked_for(tmp_path: Path) -> None:
    key = rsa_key(public_exponent=65537, key_size=2048)
    operator, begin, end = OPERATORS["alice"], NOW - SET_BACK, NOW + HOUR
    carried = vouchers.vouch(operator, "alice", key.public_key(), begin, end)
    made = self_signed("alice", now=NOW, lifetime=HOUR, key=key, carrying=[carried])
    evidence = attrs.evolve(shown(made.certificate, "alice"), proof=b"something")
    refused(verifier(tmp_path), evidence, proof.OTHER_KEY, binding=BINDING)
    certificate = verifier(tmp_path, level="certificate")
    certificate.verify(evidence, expected="alice", binding=BINDING, now=NOW)


def test_the_level_is_a_claim(tmp_path: Path) -> None:
    proved = shown(leaf("alice", voucher("alice")), "alice", KEYS["alice"])
    plain = attrs.evolve(proved, proof=b"")
    claims = [
        verifier(tmp_path, level=level)
        .verify(evidence, expected="alice", binding=binding, now=NOW)
        .claims["operator_level"]
        for level in ("bound", "certificate")
        for evidence, binding in ((plain, None), (proved, BINDING))
    ]
    assert claims == ["certificate", "bound", "certificate", "certificate"]


def test_a_party_whom_nobody_knows_is_challenged_and_refused(tmp_path: Path) -> None:
    judging = verifier(tmp_path, level="certificate")
    assert judging.challenges("carol")
    assert not judging.challenges("alice")
    assert verifier(tmp_path).challenges("alice")
    evidence = shown(leaf("alice", voucher("alice")), "carol")
    with pytest.raises(EvidenceInvalid, match="no operator of such a party"):
        judging.verify(evidence, expected="carol", now=NOW)


def test_what_is_no_certificate_is_refused(judging: OperatorVerifier) -> None:
    refused(judging, Evidence("alice", "a test"), "it showed no certificate")
    good = shown(leaf("alice", voucher("alice")), "alice")
    refused(judging, attrs.evolve(good, leaf=b"\x30\x00"), "cannot be read")


def test_every_byte_of_a_certificate_counts(judging: OperatorVerifier) -> None:
    certificate = leaf("alice", voucher("alice"))
    good = shown(certificate, "alice")
    # where the bits are counted that its signature leaves over, which the library does not look at
    spare = len(good.leaf) - len(certificate.signature) - 1
    for other in flipped(good.leaf, but=spare):
        refused(judging, attrs.evolve(good, leaf=other), "")


def test_every_byte_of_a_proof_counts(judging: OperatorVerifier) -> None:
    good = shown(leaf("alice", voucher("alice")), "alice", KEYS["alice"])
    for other in flipped(good.proof):
        refused(judging, attrs.evolve(good, proof=other), proof.OF_ANOTHER, binding=BINDING)


def flipped(whole: bytes, but: int = -1) -> Iterator[bytes]:
    """Yield the bytes with one bit of one of them changed; the second makes 2023 into 1963."""
    for offset, mask in product(range(len(whole)), (1, 4)):
        if offset != but:
            yield whole[:offset] + bytes([whole[offset] ^ mask]) + whole[offset + 1 :]


@given(certificate=binary(max_size=2_000), answer=binary(max_size=200), binding=binary(max_size=64))
def test_whatever_comes_is_refused_in_words(
    judging: OperatorVerifier, certificate: bytes, answer: bytes, binding: bytes
) -> None:
    sound = shown(leaf("alice", voucher("alice")), "alice")
    for evidence in (attrs.evolve(sound, leaf=certificate), attrs.evolve(sound, proof=answer)):
        with pytest.raises(EvidenceInvalid):
            judging.verify(evidence, expected="alice", binding=binding, now=NOW)


def test_a_voucher_is_what_its_page_says() -> None:
    key = KEYS["alice"].public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    begin, end = int(NOW - SET_BACK), int(NOW + HOUR)
    signed = b"partywire-operator voucher 1\x05alice" + struct.pack(">2q", begin, end) + der
    carried = voucher("alice").value
    assert carried[:2] == b"\x04\x40"
    OPERATORS["alice"].public_key().verify(carried[2:], signed)


def test_a_proof_is_what_its_page_says() -> None:
    made = proof.prove(KEYS["alice"], BINDING)
    KEYS["alice"].public_key().verify(made, b"partywire-operator proof 1" + BINDING, proof._BY)


def refused(judging: OperatorVerifier, evidence: Evidence, words: str, **given: Any) -> None:
    with pytest.raises(EvidenceInvalid) as caught:
        judging.verify(evidence, expected="alice", **{"now": NOW, **given})
    assert words in caught.value.problem
