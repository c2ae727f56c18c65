"""What is asked of a judged document: which program, whose key, which party."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from partywire_nitro_attest import (
    NOT_CHECKED,
    JudgedDocument,
    Policy,
    Refusal,
    Refused,
    Release,
    Trust,
    judge_document,
    judge_policy,
    pcr_of_certificate,
    pcr_of_text,
)
from partywire_nitro_attest.development import (
    Certified,
    DevelopmentModule,
    in_debug_mode,
    measured,
    new_root,
)

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = b"a SubjectPublicKeyInfo"
ZERO = bytes(48)
PARTY = new_root(1_782_779_620.5)
"""A certificate of a party: any will do."""
ARN = "arn:aws:iam::123456789012:role/alice"
PCRS = {
    **measured("image"),
    3: pcr_of_text(ARN),
    8: pcr_of_certificate(PARTY.der),
    16: b"\x16" * 48,
}


def release(image: str) -> Release:
    pcrs = measured(image)
    return Release(image, pcrs[0], pcrs[1], pcrs[2])


POLICY = Policy((release("former"), release("image")))


@pytest.fixture
def judge(root: Certified, trust: Trust, now: float) -> Callable[..., JudgedDocument]:
    def judged(pcrs: dict[int, bytes] = PCRS, **carried: bytes) -> JudgedDocument:
        raw = DevelopmentModule(root, pcrs=pcrs, clock=lambda: now).attest(**carried)
        return judge_document(raw, now=now, trust=attrs.evolve(trust, allow_debug=True))

    return judged


@pytest.fixture
def judged(judge: Callable[..., JudgedDocument]) -> JudgedDocument:
    return judge(public_key=KEY, user_data=b"data", nonce=b"nonce")


def refused(judged: JudgedDocument, policy: Policy = POLICY, **asked: Any) -> Refusal:
    with pytest.raises(Refused) as caught:
        judge_policy(judged, policy, **{"public_key": KEY, **asked})
    return caught.value.refusal


def test_a_trusted_release_of_that_key_passes(judged: JudgedDocument) -> None:
    found = judge_policy(judged, POLICY, public_key=KEY, nonce=b"nonce")
    assert found == release("image")


def test_the_key_is_compared_byte_for_byte(judged: JudgedDocument) -> None:
    assert refused(judged, public_key=b"the key of somebody else") is Refusal.KEY_OTHER
    assert refused(judged, public_key=KEY[:-1]) is Refusal.KEY_OTHER
    assert refused(judged, public_key=KEY + b"\x00") is Refusal.KEY_OTHER
    assert refused(judged, public_key=b"") is Refusal.KEY_OTHER


def test_a_document_without_a_key_is_of_nobody(judge: Callable[..., JudgedDocument]) -> None:
    assert refused(judge()) is Refusal.KEY_ABSENT
    assert refused(judge(), public_key=b"") is Refusal.KEY_ABSENT


def test_not_to_check_the_key_has_to_be_said(judge: Callable[..., JudgedDocument]) -> None:
    assert judge_policy(judge(), POLICY, public_key=NOT_CHECKED) == release("image")
    with pytest.raises(TypeError):
        judge_policy(judge(), POLICY)  # type: ignore[call-arg]


def test_an_unknown_release_is_refused(judged: JudgedDocument) -> None:
    assert refused(judged, Policy((release("former"),))) is Refusal.RELEASE_UNKNOWN


def test_no_releases_trust_nobody(judged: JudgedDocument) -> None:
    assert refused(judged, Policy(())) is Refusal.RELEASE_UNKNOWN


@pytest.mark.parametrize("index", [0, 1, 2])
def test_measurements_count_together(judge: Callable[..., JudgedDocument], index: int) -> None:
    mixed = {**PCRS, index: measured("former")[index]}
    assert refused(judge(mixed, public_key=KEY)) is Refusal.RELEASE_UNKNOWN
    zeroed = {**PCRS, index: ZERO}
    assert refused(judge(zeroed, public_key=KEY)) is Refusal.RELEASE_UNKNOWN


def test_the_zeros_of_debug_mode_are_no_release() -> None:
    with pytest.raises(ValueError, match="zeros of debug mode"):
        Release("debug", ZERO, ZERO, ZERO)


@pytest.mark.parametrize("size", [0, 32, 47, 49, 64])
def test_a_measurement_has_48_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="48 bytes"):
        Release("short", bytes(48), bytes([1]) * size, bytes(48))


def test_an_enclave_in_debug_mode_is_of_no_release(judge: Callable[..., JudgedDocument]) -> None:
    judged = judge(in_debug_mode(), public_key=KEY)
    assert judge_policy(judged, POLICY, public_key=KEY) is None
    assert refused(judged, public_key=b"other") is Refusal.KEY_OTHER
    pinned = Policy(POLICY.releases, {8: [PCRS[8]]})
    assert refused(judged, pinned) is Refusal.PCR_OTHER


@pytest.mark.parametrize("index", [3, 8, 16])
def test_a_pin_holds_for_its_pcr_alone(judged: JudgedDocument, index: int) -> None:
    pinned = Policy(POLICY.releases, {index: [PCRS[index]]})
    assert judge_policy(judged, pinned, public_key=KEY) == release("image")
    other = Policy(POLICY.releases, {index: [b"\x01" * 48]})
    assert refused(judged, other) is Refusal.PCR_OTHER


def test_one_of_several_values_is_enough(judge: Callable[..., JudgedDocument]) -> None:
    former, new = b"\x01" * 48, b"\x02" * 48
    policy = Policy(POLICY.releases, {16: [former, new]})
    for value in (former, new):
        judged = judge({**PCRS, 16: value}, public_key=KEY)
        assert judge_policy(judged, policy, public_key=KEY) == release("image")
    with pytest.raises(Refused, match=f"pinned to {former.hex()} or {new.hex()}") as caught:
        judge_policy(judge(public_key=KEY), policy, public_key=KEY)
    assert caught.value.refusal is Refusal.PCR_OTHER


def test_a_pin_without_a_value_is_none() -> None:
    with pytest.raises(ValueError, match="pinned to no value"):
        Policy(POLICY.releases, {16: []})


def test_zeros_are_no_pin_beside_another_value() -> None:
    with pytest.raises(ValueError, match="not to zeros"):
        Policy(POLICY.releases, {16: [PCRS[16], ZERO]})


def test_a_pinned_pcr_has_to_be_there(judge: Callable[..., JudgedDocument]) -> None:
    pinned = Policy(POLICY.releases, {17: [b"\x17" * 48]})
    assert refused(judge(PCRS, public_key=KEY), pinned) is Refusal.PCR_MISSING


@pytest.mark.parametrize("index", [3, 4, 8, 16, 31])
def test_zeros_are_no_pin(index: int) -> None:
    with pytest.raises(ValueError, match="not to zeros"):
        Policy(POLICY.releases, {index: [ZERO]})


@pytest.mark.parametrize("index", [0, 1, 2, 5, 15, 32, -1])
def test_the_pcrs_of_images_and_unused_ones_are_not_pinned(index: int) -> None:
    with pytest.raises(ValueError, match="cannot be pinned"):
        Policy(POLICY.releases, {index: [b"\x01" * 48]})


def test_pins_cannot_be_changed() -> None:
    policy = Policy(POLICY.releases, {3: [PCRS[3]]})
    with pytest.raises(TypeError):
        policy.pins[3] = [ZERO]  # type: ignore[index]


def test_pcr8_is_the_signer_of_the_image(judge: Callable[..., JudgedDocument]) -> None:
    """The zero of an unsigned image, the plain hash, and another party's are all refused."""
    pinned = Policy(POLICY.releases, {8: [pcr_of_certificate(PARTY.der)]})
    other = new_root(1_782_779_620.5)
    plain = hashlib.sha384(PARTY.der).digest()
    for pcr8 in (ZERO, plain, pcr_of_certificate(other.der)):
        assert refused(judge({**PCRS, 8: pcr8}, public_key=KEY), pinned) is Refusal.PCR_OTHER


def test_how_pcrs_are_made() -> None:
    """PCR3 of the role that AWS's documentation of attestation has as its example."""
    assert pcr_of_text(ARN) == hashlib.sha384(ZERO + ARN.encode()).digest()
    digest = hashlib.sha384(b"certificate").digest()
    assert pcr_of_certificate(b"certificate") == hashlib.sha384(ZERO + digest).digest()


@pytest.mark.parametrize("nonce", [b"", b"nonc", b"nonce\x00", b"another"])
def test_another_nonce_is_refused(judged: JudgedDocument, nonce: bytes) -> None:
    assert refused(judged, nonce=nonce) is Refusal.NONCE


def test_a_nonce_that_was_asked_for_has_to_be_there(judge: Callable[..., JudgedDocument]) -> None:
    assert refused(judge(public_key=KEY), nonce=b"nonce") is Refusal.NONCE
    assert refused(judge(public_key=KEY), nonce=b"") is Refusal.NONCE


def test_user_data_is_for_others_to_check(judged: JudgedDocument) -> None:
    seen: list[bytes | None] = []
    judge_policy(judged, Policy(POLICY.releases, check_user_data=seen.append), public_key=KEY)
    assert seen == [b"data"]


@pytest.mark.parametrize("error", [ValueError("no\nconfig"), KeyError("x"), AssertionError()])
def test_a_check_that_raises_refuses(judged: JudgedDocument, error: Exception) -> None:
    def check(_: bytes | None) -> None:
        raise error

    with pytest.raises(Refused) as caught:
        judge_policy(judged, Policy(POLICY.releases, check_user_data=check), public_key=KEY)
    assert caught.value.refusal is Refusal.USER_DATA
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [False, True, 0, "", b"data"])
def test_a_check_that_returns_anything_refuses(judged: JudgedDocument, value: object) -> None:
    policy = Policy(POLICY.releases, check_user_data=lambda _: value)
    assert refused(judged, policy) is Refusal.USER_DATA


def test_the_key_is_looked_at_before_the_program(judge: Callable[..., JudgedDocument]) -> None:
    other = judge(measured("unknown"), public_key=KEY)
    assert refused(other, public_key=b"other") is Refusal.KEY_OTHER
    assert refused(other) is Refusal.RELEASE_UNKNOWN
