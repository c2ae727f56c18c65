"""Requests of the reference wire: by the encoding's rules byte for byte, and as protobuf does."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as some

from partywire.delivery.tags import Tag, encode_sender, encode_tag
from partywire.errors import Malformed
from partywire_grpc._protocol import reference_pb2
from partywire_grpc.reference.requests import MOST_FIELDS, Request, decode_request, encode_request

ALICE = Tag(0x0123456789ABCDEF_0011223344556677, "alice.example", 7)
TAG = "7766554433221100 efcdab89674523010d00000000000000 616c6963652e6578616d706c650700000000000000"
"""By the rules of bincode: u128 and u64 little-endian, the length of the name before it."""

GOLDEN = {
    "a value": (TAG, "68656c6c6f", f"0a2d {TAG} 1205 68656c6c6f"),
    "no value": (TAG, "", f"0a2d {TAG}"),
    "a health check": ("0100000000000000 61", "", "0a09 0100000000000000 61"),
    "a length of two bytes": (TAG, "ab" * 300, f"0a2d {TAG} 12ac02 {'ab' * 300}"),
}
SKIPPED = ("1a00", "1805", "19" + "00" * 8, "1d00000000", "fa7f03616263", "0801", "1001")
"""Fields that the wire does not have, of every kind; the last two have the number of a field."""


def test_a_tag_is_as_bincode_writes_it() -> None:
    assert encode_tag(ALICE) == bytes.fromhex(TAG)
    assert encode_sender("a") == bytes.fromhex("0100000000000000 61")


@pytest.mark.parametrize(("tag", "value", "wanted"), GOLDEN.values(), ids=GOLDEN)
def test_the_bytes_of_a_request_are_those_of_the_rules(tag: str, value: str, wanted: str) -> None:
    request = Request(bytes.fromhex(tag), bytes.fromhex(value))
    assert encode_request(*request) == bytes.fromhex(wanted)
    assert decode_request(bytes.fromhex(wanted)) == request


@given(some.binary(max_size=300), some.binary(max_size=300))
def test_protobuf_writes_the_same(tag: bytes, value: bytes) -> None:
    message = reference_pb2.SendValueRequest(tag=tag, value=value)
    probe = reference_pb2.HealthCheckRequest(tag=tag, payload=value)
    written = encode_request(tag, value)
    assert written == message.SerializeToString(deterministic=True)
    assert written == probe.SerializeToString(deterministic=True)
    assert decode_request(written) == Request(tag, value)


@pytest.mark.parametrize("field", SKIPPED)
def test_unknown_fields_are_skipped_and_the_last_of_two_counts(field: str) -> None:
    later = bytes.fromhex(field)
    message = encode_request(b"t", b"first") + later + encode_request(b"", b"second") + later
    assert decode_request(message) == Request(b"t", b"second")
    assert _by_protobuf(message) == Request(b"t", b"second")


@given(some.binary(max_size=40))
@example(b"\x0a\xff\xff\xff\xff\x07")
@example(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\x80\x80\x80\x80\x80\x01")
@example(b"\xff\xff\xff\xff\x7f\x00")
@example(b"\x00\x00")
@example(b"\x8a\x00\x01t")
@example(b"\x18" + b"\xff" * 9 + b"\x01")
@example(b"\x18" + b"\xff" * 9 + b"\x02")
@example(b"\x18" + b"\xff" * 10)
def test_garbage_is_read_as_protobuf_reads_it_or_is_malformed(data: bytes) -> None:
    _agree(data)


@given(some.data(), some.integers(0, 255))
def test_a_wrong_byte_is_read_as_protobuf_reads_it_or_is_malformed(
    data: some.DataObject, byte: int
) -> None:
    changed = bytearray(encode_request(encode_tag(ALICE), b"v" * 200))
    changed[data.draw(some.integers(0, len(changed) - 1))] = byte
    _agree(bytes(changed))


@pytest.mark.parametrize("field", [b"\x08\x00", b"\x0a\x00"])
def test_the_number_of_fields_is_bounded(field: bytes) -> None:
    assert decode_request(field * MOST_FIELDS) == (b"", b"")
    with pytest.raises(Malformed, match="fields"):
        decode_request(field * (MOST_FIELDS + 1))


def test_no_payload_is_in_a_repr() -> None:
    assert repr(Request(b"tag", b"secret")) == "Request(<3 bytes>, <6 bytes>)"


def _agree(data: bytes) -> None:
    wanted = _by_protobuf(data)
    try:
        assert decode_request(data) == wanted
    except Malformed:
        assert wanted is None or _has_groups(data)


def _by_protobuf(data: bytes) -> Request | None:
    message = reference_pb2.SendValueRequest()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return Request(message.tag, message.value)


def _has_groups(data: bytes) -> bool:
    """Whether some field may be a group; whoever looks for one finds its key somewhere."""
    return any(byte & 7 in (3, 4) for byte in data)
