"""Whatever is read.

It is exactly what would be written, or it is malformed, and nothing is believed.
"""

from __future__ import annotations

import tracemalloc
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.delivery.support import strategies as some
from core.tests.delivery.support.counting import calls_of
from partywire.delivery.codec import (
    decode_batch,
    decode_receipt,
    encode_batch,
    encode_receipt,
)
from partywire.delivery.reader import ByteReader
from partywire.delivery.records import (
    MAX_CONTROLS,
    MAX_REASON,
    MAX_RECORDS,
    MAX_SEGMENTS,
    Abort,
    Batch,
    Receipt,
)
from partywire.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

A, B = b"A" * 16, b"B" * 16


def read_strictly(data: bytes) -> None:
    """Both decoders give exactly those bytes again, or refuse."""
    try:
        batch = decode_batch(data)
    except Malformed:
        pass
    else:
        assert encode_batch(batch) == data
    try:
        receipt = decode_receipt(data)
    except Malformed:
        pass
    else:
        assert encode_receipt(receipt) == data


@given(some.batches)
def test_a_batch_comes_back_as_it_was(batch: Batch) -> None:
    assert decode_batch(encode_batch(batch)) == batch


@given(some.receipts)
def test_a_receipt_comes_back_as_it_was(receipt: Receipt) -> None:
    assert decode_receipt(encode_receipt(receipt)) == receipt


@given(some.batches.map(encode_batch) | some.receipts.map(encode_receipt), st.data())
def test_changed_bytes_are_malformed_or_something_else_entirely(
    encoded: bytes, data: st.DataObject
) -> None:
    changed = bytearray(encoded)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    read_strictly(bytes(changed))


@given(some.batches.map(encode_batch), st.data())
def test_a_batch_cut_short_or_followed_by_something_is_malformed(
    encoded: bytes, data: st.DataObject
) -> None:
    with pytest.raises(Malformed):
        decode_batch(encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    with pytest.raises(Malformed):
        decode_batch(encoded + data.draw(st.binary(min_size=1, max_size=40)))


@given(some.receipts.map(encode_receipt), st.data())
def test_a_receipt_cut_short_or_followed_by_something_is_malformed(
    encoded: bytes, data: st.DataObject
) -> None:
    with pytest.raises(Malformed):
        decode_receipt(encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    with pytest.raises(Malformed):
        decode_receipt(encoded + data.draw(st.binary(min_size=1, max_size=40)))


@given(st.binary(max_size=300))
def test_random_bytes_are_malformed_or_canonical(data: bytes) -> None:
    read_strictly(data)


@pytest.mark.parametrize("controls", [0, 2**32 - 1])
@pytest.mark.parametrize("rest", [b"", bytes(100)])
def test_counts_beyond_the_data_are_refused_before_anything_is_made(
    controls: int, rest: bytes
) -> None:
    many = (2**32 - 1).to_bytes(4, "little")
    batch = A + B + controls.to_bytes(4, "little") + many + rest
    receipt = b"\x00" + many + many + rest
    tracemalloc.start()
    with pytest.raises(Malformed, match="more records than a batch may hold"):
        decode_batch(batch)
    with pytest.raises(Malformed, match="more answers than a batch has records"):
        decode_receipt(receipt)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def batch_bytes(controls: int, segments: int, rest: bytes) -> bytes:
    return A + B + controls.to_bytes(4, "little") + segments.to_bytes(4, "little") + rest


def segment_bytes(records: int, rest: bytes) -> bytes:
    return bytes(32) + records.to_bytes(4, "little") + rest


EMPTY = bytes(13)
"""An empty message of round 0."""


@pytest.mark.parametrize(
    "data",
    [
        batch_bytes(MAX_CONTROLS + 1, 0, (b"\x03" + bytes(24)) * (MAX_CONTROLS + 1)),
        batch_bytes(0, 1, segment_bytes(MAX_RECORDS + 1, EMPTY * (MAX_RECORDS + 1))),
        batch_bytes(0, 2, 2 * segment_bytes(MAX_RECORDS // 2 + 1, EMPTY * (MAX_RECORDS // 2 + 1))),
        batch_bytes(0, MAX_SEGMENTS + 1, segment_bytes(1, EMPTY) * (MAX_SEGMENTS + 1)),
        batch_bytes(0, 1, segment_bytes(0, b"")),
    ],
    ids=["controls", "records of one segment", "records of two", "segments", "none"],
)
def test_a_batch_of_too_many_records_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_batch(data)


def refusing(read: Callable[[bytes], object], data: bytes) -> int:
    """How many calls it takes to refuse something."""

    def refuse() -> None:
        with pytest.raises(Malformed):
            read(data)

    return calls_of(refuse)


def test_more_than_may_be_is_refused_before_it_is_read() -> None:
    full = segment_bytes(MAX_RECORDS, EMPTY * MAX_RECORDS)
    lawful = calls_of(partial(decode_batch, batch_bytes(0, 1, full)))
    assert refusing(decode_batch, batch_bytes(0, 19, 19 * full)) < lawful + 1_000
    answers = (1 << 17).to_bytes(4, "little") + bytes(4) + bytes(17 * (1 << 17))
    assert refusing(decode_receipt, b"\x00" + answers) < 1_000


def test_a_batch_of_as_many_records_as_may_be_is_read() -> None:
    batch = decode_batch(batch_bytes(0, 1, segment_bytes(MAX_RECORDS, EMPTY * MAX_RECORDS)))
    assert len(batch.segments[0].records) == MAX_RECORDS


@pytest.mark.parametrize("rest", [b"", bytes(100)])
def test_counts_in_bounds_and_beyond_the_data_are_refused(rest: bytes) -> None:
    for data in (batch_bytes(MAX_CONTROLS, 0, rest), batch_bytes(0, MAX_SEGMENTS, rest)):
        with pytest.raises(Malformed, match="announces more than it holds"):
            decode_batch(data)


@given(st.text(max_size=400))
def test_a_reason_of_any_length_arrives_and_is_cut_between_characters(reason: str) -> None:
    (control,) = decode_batch(encode_batch(Batch(A, B, [Abort(1, reason)], []))).controls
    assert isinstance(control, Abort)
    whole = reason.encode("utf-8", "replace").decode()
    assert whole.startswith(control.reason)
    size = len(control.reason.encode())
    assert size <= MAX_REASON
    assert control.reason == whole or size > MAX_REASON - 4


def test_chunks_are_views_and_messages_are_bytes_of_their_own() -> None:
    data = bytearray(A + B + bytes(4) + b"\x01\x00\x00\x00" + bytes(32) + b"\x02\x00\x00\x00")
    data += b"\x00" + bytes(8) + b"\x02\x00\x00\x00" + b"hi"
    data += b"\x02" + bytes(8) + b"\x02\x00\x00\x00" + bytes(8) + b"\x09" + bytes(7) + b"hi"
    message, chunk = decode_batch(bytes(data)).segments[0].records
    assert type(message.data) is bytes
    assert type(chunk.data) is memoryview


class TestByteReader:
    def test_reads_on_to_the_end(self) -> None:
        reader = ByteReader(b"abcd", "thing")
        assert reader.take(1) == b"a"
        assert bytes(reader.view(2)) == b"bc"
        with pytest.raises(Malformed, match="malformed thing: followed by something else"):
            reader.end()
        assert reader.take(1) == b"d"
        reader.end()

    def test_refuses_more_than_there_is(self) -> None:
        reader = ByteReader(b"abc", "thing")
        with pytest.raises(Malformed, match="cut short"):
            reader.take(4)
        assert reader.take(3) == b"abc"

    def test_believes_a_count_only_where_that_much_can_come(self) -> None:
        reader = ByteReader(b"abcd", "thing")
        assert len(reader.times(2, 2)) == 2
        with pytest.raises(Malformed):
            reader.times(2, 3)

    @pytest.mark.parametrize("value", [2, 255])
    def test_a_flag_is_0_or_1(self, value: int) -> None:
        reader = ByteReader(b"", "thing")
        assert (reader.flag(0), reader.flag(1)) == (False, True)
        with pytest.raises(Malformed):
            reader.flag(value)
