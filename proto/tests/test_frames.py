"""Frames of the fast wire: every field arrives, every bound holds, garbage is told as such."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from partywire.delivery.hello import MAX_PROOF, MAX_SLOT, Hello, Way, WayBack, Welcome
from partywire.delivery.records import Batch, Receipt
from partywire.errors import Malformed
from partywire.testing import samples
from partywire_grpc._protocol import fast_pb2
from partywire_grpc.certificates.evidence import MAX_CERTIFICATE
from partywire_grpc.frames import (
    BEAT,
    LEAST_PACE,
    MAX_FRAME,
    Beat,
    Greeting,
    Succession,
    Successor,
    decode_frame,
    encode_batch_frame,
    encode_greeting,
    encode_receipt_frame,
    encode_succession,
    encode_successor,
    encode_welcome,
)

FIRST = Greeting(samples.FIRST_STEP, 10.0)


@pytest.mark.parametrize("batch", samples.batches().values(), ids=samples.batches())
def test_a_batch_arrives_as_it_was(batch: Batch) -> None:
    assert decode_frame(encode_batch_frame(batch)) == batch


@pytest.mark.parametrize("receipt", samples.receipts().values(), ids=samples.receipts())
def test_a_receipt_arrives_as_it_was(receipt: Receipt) -> None:
    assert decode_frame(encode_receipt_frame(receipt)) == receipt


@pytest.mark.parametrize("hello", [samples.FIRST_STEP, samples.SECOND_STEP])
@pytest.mark.parametrize("pace", [0.0, LEAST_PACE, 10.0, 366 * 24 * 3600.0])
def test_a_hello_arrives_as_it_was(hello: Hello, pace: float) -> None:
    wanted = Greeting(hello, min(pace, ((1 << 32) - 1) / 1000))
    assert decode_frame(encode_greeting(Greeting(hello, pace))) == wanted


def test_the_other_frames_arrive_as_they_were() -> None:
    for agrees in (True, False):
        assert decode_frame(encode_welcome(Welcome(agrees))) == Welcome(agrees)
    for way in Way:
        told = Welcome(True, WayBack(way, 0.5))
        assert decode_frame(encode_welcome(told)) == told
    proved = Welcome(True, proof=bytes(MAX_PROOF))
    assert decode_frame(encode_welcome(proved)) == proved
    assert decode_frame(BEAT) == Beat()


def test_a_way_back_of_a_later_version_says_nothing() -> None:
    frame = fast_pb2.Frame(welcome=fast_pb2.Welcome(way_back=fast_pb2.WayBack(way=99, seconds=1.0)))
    assert decode_frame(frame.SerializeToString()) == Welcome(False)


@pytest.mark.parametrize("seconds", [-1.0, math.inf, math.nan])
def test_a_way_back_out_of_bounds_is_malformed(seconds: float) -> None:
    frame = encode_welcome(Welcome(True, WayBack(Way.CONNECTED, seconds)))
    with pytest.raises(Malformed, match="malformed welcome: seconds are out of bounds"):
        decode_frame(frame)


def test_a_proof_out_of_bounds_is_malformed() -> None:
    frame = encode_welcome(Welcome(True, proof=bytes(MAX_PROOF + 1)))
    with pytest.raises(Malformed, match="malformed welcome: proof is out of bounds"):
        decode_frame(frame)


def test_nobody_can_ask_for_a_flood_of_beats() -> None:
    came = decode_frame(encode_greeting(attrs.evolve(FIRST, pace=0.001)))
    assert isinstance(came, Greeting)
    assert came.pace == LEAST_PACE


def test_the_bytes_of_a_frame_are_those_of_the_description() -> None:
    hello = Hello("node", b"i" * 16, 1.0, b"", 2.0, nonce=b"n" * 16, features=("f",), slot=b"s")
    wanted = (
        "0a47" "0801" "12046e6f6465" "1a10" + "69" * 16 + "21000000000000f03f" "2a0166"
        "390000000000000040" "4210" + "6e" * 16 + "520173" "58904e"
    )  # fmt: skip
    assert encode_greeting(Greeting(hello, 10.0)).hex() == wanted
    assert encode_welcome(Welcome(True)).hex() == "12020801"
    told = Welcome(False, WayBack(Way.UNREACHABLE, 2.5))
    assert encode_welcome(told).hex() == "120d120b0803110000000000000440"
    assert encode_welcome(Welcome(True, proof=b"p")).hex() == "120508011a0170"
    empty = Batch(bytes(16), bytes(16), [], [])
    assert encode_batch_frame(empty).hex() == "1a28" + "00" * 40
    assert encode_receipt_frame(Receipt([], [])).hex() == "2209" + "00" * 9
    assert BEAT.hex() == "2a00"
    assert encode_successor(Successor(b"c")).hex() == "32030a0163"
    assert encode_succession(Succession(True)).hex() == "3a020801"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "k" * 17},
        {"kind": "\u4e2d" * 6},
        {"incarnation": b""},
        {"incarnation": bytes(17)},
        {"started": math.inf},
        {"clock": math.nan},
        {"features": ("f",) * 33},
        {"features": ("f" * 65,)},
        {"features": ("\u4e2d" * 22,)},
        {"roster": bytes(31)},
        {"roster": bytes(33)},
        {"nonce": bytes(15)},
        {"echo": bytes(17)},
        {"slot": bytes(MAX_SLOT + 1)},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_a_hello_out_of_bounds_is_malformed(fault: dict[str, Any]) -> None:
    hello = attrs.evolve(samples.FIRST_STEP, **fault)
    with pytest.raises(Malformed, match=f"malformed hello: {next(iter(fault))} is out of bounds"):
        decode_frame(encode_greeting(Greeting(hello, 0.0)))


def test_a_hello_of_another_version_and_kind_is_for_the_core_to_refuse() -> None:
    hello = attrs.evolve(samples.FIRST_STEP, version=(1 << 32) - 1, kind="guest")
    assert decode_frame(encode_greeting(Greeting(hello, 0.0))) == Greeting(hello, 0.0)


def test_a_later_field_is_skipped() -> None:
    later = b"\xfa\x7f\x03new"
    assert decode_frame(BEAT + later) == Beat()
    with pytest.raises(Malformed, match="without content"):
        decode_frame(later)


@pytest.mark.parametrize("size", [0, MAX_CERTIFICATE + 1])
def test_a_successor_out_of_bounds_is_malformed(size: int) -> None:
    with pytest.raises(Malformed, match="malformed successor: certificate is out of bounds"):
        decode_frame(encode_successor(Successor(bytes(size))))


@given(some.binary(min_size=1, max_size=MAX_CERTIFICATE), some.booleans())
def test_a_successor_and_its_answer_come_as_they_were_sent(leaf: bytes, admitted: bool) -> None:
    assert decode_frame(encode_successor(Successor(leaf))) == Successor(leaf)
    assert decode_frame(encode_succession(Succession(admitted))) == Succession(admitted)


def test_a_frame_that_is_too_large_is_malformed() -> None:
    frame = fast_pb2.Frame(batch=bytes(MAX_FRAME)).SerializeToString()
    with pytest.raises(Malformed, match="larger than a frame may be"):
        decode_frame(frame)


@given(some.binary(max_size=200))
@example(b"")
@example(b"\x0a\xff\xff\xff\xff\x07")
@example(b"\x1a\x00")
@example(b"\x0a\x06\x12\x04\xff\xff\xff\xff")
def test_garbage_is_malformed_or_a_frame(data: bytes) -> None:
    try:
        decode_frame(data)
    except Malformed:
        return


@given(some.integers(min_value=0), some.integers(0, 255), some.data())
def test_a_frame_with_a_wrong_byte_is_malformed_or_a_frame(
    place: int, byte: int, data: some.DataObject
) -> None:
    frames = [
        encode_greeting(attrs.evolve(FIRST, hello=samples.SECOND_STEP)),
        encode_batch_frame(samples.batches()["every control record"]),
        encode_receipt_frame(samples.receipts()["every status"]),
    ]
    changed = bytearray(data.draw(some.sampled_from(frames)))
    changed[place % len(changed)] = byte
    try:
        decode_frame(bytes(changed))
    except Malformed:
        return
