"""What was signed, and the many forms of a document that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywire_nitro_attest import Refusal, Refused, Trust, judge_document
from partywire_nitro_attest.development import DevelopmentModule, definite, indefinite
from partywire_nitro_attest.development.making import to_be_signed
from partywire_nitro_attest.envelope import MAX_SIZE, read_envelope, signed_bytes

if TYPE_CHECKING:
    from .conftest import Refusing

ORDER = int(
    "ffffffffffffffffffffffffffffffffffffffffffffffff"
    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    16,
)


def with_the_other_s(raw: bytes) -> bytes:
    s = int.from_bytes(raw[-48:], "big")
    return raw[:-48] + (ORDER - s).to_bytes(48, "big")


@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 4444, MAX_SIZE])
def test_what_a_signature_covers(size: int) -> None:
    payload = bytes(size)
    assert signed_bytes(payload) == to_be_signed(payload)


def test_the_tag_may_stand_and_may_be_left_out(
    module: DevelopmentModule, refusal_of: Refusing
) -> None:
    raw = module.attest()
    assert refusal_of(raw) is None
    assert refusal_of(b"\xd2" + raw) is None
    assert refusal_of(b"\xd2\xd2" + raw) is Refusal.CBOR_TYPE


def test_a_payload_of_either_form_is_taken(module: DevelopmentModule, refusal_of: Refusing) -> None:
    making = module.making()
    for encode in (definite, indefinite):
        payload = encode(making.fields)
        assert refusal_of(making.envelope(payload, making.sign(payload, making.key))) is None


def test_either_s_is_taken_and_the_payload_tells_documents_apart(
    module: DevelopmentModule, trust: Trust, now: float
) -> None:
    raw, other = module.attest(), module.attest(nonce=b"another")
    flipped = with_the_other_s(raw)
    assert flipped != raw
    one, same, third = (
        judge_document(each, now=now, trust=trust) for each in (raw, flipped, other)
    )
    assert one.sha256 == same.sha256 != third.sha256


def test_a_document_that_ends_early_is_refused_wherever_that_is(module: DevelopmentModule) -> None:
    raw = module.attest()
    for size in range(len(raw)):
        with pytest.raises(Refused):
            read_envelope(raw[:size])


@pytest.mark.parametrize("raw", [b"", bytes(MAX_SIZE + 1), bytes(10_000_000)], ids=len)
def test_the_size_is_looked_at_first(raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_envelope(raw)
    assert caught.value.refusal is Refusal.SIZE


def test_the_largest_size_is_read(module: DevelopmentModule) -> None:
    raw = module.attest()
    with pytest.raises(Refused) as caught:
        read_envelope(raw + bytes(MAX_SIZE - len(raw)))
    assert caught.value.refusal is Refusal.CBOR_TRAILING


def test_nothing_of_it_is_shown(module: DevelopmentModule) -> None:
    shown = repr(read_envelope(module.attest(user_data=b"very secret")))
    assert shown == "Envelope()"
