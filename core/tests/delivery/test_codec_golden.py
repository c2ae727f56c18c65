"""The bytes of each record, by hand from the table in the codec's docstring."""

from __future__ import annotations

import pytest

from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt
from partywire.delivery.records import (
    Abort,
    Batch,
    Control,
    Fin,
    FlowReceipt,
    Grant,
    Open,
    OpenReceipt,
    Receipt,
    Record,
    Segment,
    Status,
    Terms,
)
from partywire.errors import Malformed

A, B = b"A" * 16, b"B" * 16
SESSION = 0x0201
SESSION_BYTES = b"\x01\x02" + bytes(14)
POSITION = (
    b"\x03\x00\x00\x00\x00\x00\x00\x00"  # number 3
    b"\x04\x00\x00\x00\x00\x00\x00\x00"  # offset 4
    b"\x05\x00\x00\x00"  # messages 5
    b"\x06\x00\x00\x00\x00\x00\x00\x00"  # bytes 6
)
TERMS = Terms(b"P" * 32, "asynchronous", True, 7, 8)

CONTROLS: dict[str, tuple[Control, bytes]] = {
    "open": (
        Open(SESSION, TERMS, 3, 4, 5, 6),
        b"\x01" + SESSION_BYTES + POSITION + b"P" * 32 + b"\x01\x01"
        b"\x07\x00\x00\x00"
        b"\x08\x00\x00\x00\x00\x00\x00\x00",
    ),
    "credit": (Grant(SESSION, 3, 4, 5, 6), b"\x02" + SESSION_BYTES + POSITION),
    "fin": (Fin(SESSION, 9), b"\x03" + SESSION_BYTES + b"\x09\x00\x00\x00\x00\x00\x00\x00"),
    "abort": (Abort(SESSION, "é!"), b"\x04" + SESSION_BYTES + b"\x03\x00\xc3\xa9!"),
    "abort without a reason": (Abort(SESSION, ""), b"\x04" + SESSION_BYTES + b"\x00\x00"),
}
RECORDS: dict[str, tuple[Record, bytes]] = {
    "message of a round": (
        Record(258, 0, 2, b"hi"),
        b"\x00" + b"\x02\x01\x00\x00\x00\x00\x00\x00" + b"\x02\x00\x00\x00" + b"hi",
    ),
    "empty message": (Record(0, 0, 0, b""), b"\x00" + bytes(8) + bytes(4)),
    "message of a label": (
        Record(-1 - 258, 0, 2, b"hi"),
        b"\x01" + b"\x02\x01\x00\x00\x00\x00\x00\x00" + b"\x02\x00\x00\x00" + b"hi",
    ),
    "chunk of a round": (
        Record(1, 4, 9, b"hi"),
        b"\x02" + b"\x01" + bytes(7) + b"\x02\x00\x00\x00"
        b"\x04\x00\x00\x00\x00\x00\x00\x00"
        b"\x09\x00\x00\x00\x00\x00\x00\x00"
        b"hi",
    ),
    "chunk of the highest label": (
        Record(-(2**64), 0, 9, b"hi"),
        b"\x03" + b"\xff" * 8 + b"\x02\x00\x00\x00" + bytes(8) + b"\x09" + bytes(7) + b"hi",
    ),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_record_is_these_bytes(name: str) -> None:
    control, golden = CONTROLS[name]
    data = A + B + b"\x01\x00\x00\x00" + b"\x00\x00\x00\x00" + golden
    assert encode_batch(Batch(A, B, [control], [])) == data
    assert decode_batch(data) == Batch(A, B, [control], [])


@pytest.mark.parametrize("name", RECORDS)
def test_a_data_record_is_these_bytes(name: str) -> None:
    record, golden = RECORDS[name]
    batch = Batch(A, B, [], [Segment(SESSION, 10, 11, [record])])
    data = (
        A
        + B
        + b"\x00\x00\x00\x00"
        + b"\x01\x00\x00\x00"
        + SESSION_BYTES
        + b"\x0a\x00\x00\x00\x00\x00\x00\x00"
        + b"\x0b\x00\x00\x00\x00\x00\x00\x00"
        + b"\x01\x00\x00\x00"
        + golden
    )
    assert encode_batch(batch) == data
    assert decode_batch(data) == batch


def test_a_receipt_is_these_bytes() -> None:
    receipt = Receipt(
        [OpenReceipt(SESSION, Status.INACTIVE)],
        [FlowReceipt(SESSION, Status.FULL, 3, 4, 5, 6)],
        stale=True,
    )
    data = (
        b"\x01"
        + b"\x01\x00\x00\x00"
        + b"\x01\x00\x00\x00"
        + SESSION_BYTES
        + b"\x01"
        + SESSION_BYTES
        + b"\x03"
        + POSITION
    )
    assert encode_receipt(receipt) == data
    assert decode_receipt(data) == receipt


def test_statuses_keep_their_numbers() -> None:
    assert [status.name for status in sorted(Status)] == [
        *("ACTIVE", "INACTIVE", "COMPLETED", "FULL", "GAP", "QUOTA"),
        *("NOT_MEMBER", "STALE", "TOO_LARGE", "ABORTED", "GONE"),
    ]
    assert [status.value for status in sorted(Status)] == list(range(11))


HEAD = A + B + b"\x01\x00\x00\x00" + b"\x00\x00\x00\x00"
SEGMENT = A + B + bytes(4) + b"\x01\x00\x00\x00" + SESSION_BYTES + bytes(16) + b"\x01\x00\x00\x00"
OPEN = CONTROLS["open"][1]
CHUNK = RECORDS["chunk of a round"][1]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(HEAD + b"\x00" + OPEN[1:], id="control record of kind 0"),
        pytest.param(HEAD + b"\x05" + OPEN[1:], id="control record of kind 5"),
        pytest.param(HEAD + OPEN[:77] + b"\x02" + OPEN[78:], id="timing 2"),
        pytest.param(HEAD + OPEN[:78] + b"\x02" + OPEN[79:], id="labels 2"),
        pytest.param(HEAD + b"\x04" + SESSION_BYTES + b"\x01\x01" + b"a" * 257, id="long reason"),
        pytest.param(HEAD + b"\x04" + SESSION_BYTES + b"\x01\x00\xff" + bytes(9), id="no UTF-8"),
        pytest.param(SEGMENT + b"\x04" + CHUNK[1:], id="data record of kind 4"),
        pytest.param(SEGMENT + b"\x02" + bytes(12) + bytes(8) + b"\x09" + bytes(7), id="empty"),
        pytest.param(SEGMENT + CHUNK[:21] + b"\x05" + CHUNK[22:], id="chunk beyond its total"),
        pytest.param(SEGMENT + CHUNK[:21] + b"\x02" + CHUNK[22:], id="whole as a chunk"),
    ],
)
def test_what_no_node_sends_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_batch(data)


def test_a_record_over_the_chunk_size_is_malformed() -> None:
    size = (1 << 20) + 1
    with pytest.raises(Malformed):
        decode_batch(SEGMENT + b"\x00" + bytes(8) + size.to_bytes(4, "little") + bytes(size))
    fits = SEGMENT + b"\x00" + bytes(8) + (1 << 20).to_bytes(4, "little") + bytes(1 << 20)
    assert len(decode_batch(fits).segments[0].records[0].data) == 1 << 20
