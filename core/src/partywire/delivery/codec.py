"""Batches and receipts as bytes.

All numbers are little-endian and unsigned. Nothing is padded. Sizes are in bytes.

Batch
    size  field
    16    incarnation of the sending node
    16    incarnation of the node it is for
    4     number of control records
    4     number of segments
    ...   control records, then segments

Control record: kind (1), session (16), then
    1 OPEN    number (8), offset (8), credit in messages (4), credit in bytes (8),
              digest of the parties (32), timing (1: 0 synchronous, 1 asynchronous),
              labels (1: 0 or 1), look-ahead (4), largest message (8)
    2 CREDIT  number (8), offset (8), credit in messages (4), credit in bytes (8)
    3 FIN     number (8)
    4 ABORT   length of the reason (2), at most 256; the reason, UTF-8

Segment: session (16), acknowledged (8), number (8), number of records (4), then for each record
    kind (1)  0 message of a round, 1 message of a label, 2 chunk of a round, 3 chunk of a label
    slot (8)  the round or the label
    size (4)  of the data that follows
    chunks only: offset (8), total (8)
    data

Receipt: stale (1: 0 or 1), number of OPEN answers (4), number of flow answers (4), then
    OPEN answer  session (16), status (1)
    flow answer  session (16), status (1), number (8), offset (8),
                 credit in messages (4), credit in bytes (8)
"""

import struct
from collections.abc import Callable

from partywire.delivery.reader import ByteReader
from partywire.delivery.records import (
    CHUNK,
    MAX_CONTROLS,
    MAX_REASON,
    MAX_RECORDS,
    MAX_SEGMENTS,
    TIMINGS,
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

_COUNTS = struct.Struct("<II")
_POSITION = struct.Struct("<QQIQ")
_TERMS = struct.Struct("<32sBBIQ")
_NUMBER = struct.Struct("<Q")
_LENGTH = struct.Struct("<H")
_SEGMENT = struct.Struct("<QQI")
_WHOLE = struct.Struct("<BQI")
_CHUNK = struct.Struct("<BQIQQ")
_SPAN = struct.Struct("<QQ")
_RECEIPT = struct.Struct("<BII")
_LEAST_CONTROL = 1 + 16 + _LENGTH.size
"""Bytes of the shortest control record: an ABORT without a reason."""

Buffers = list[bytes | memoryview]


def encode_batch(batch: Batch) -> bytes:
    """Return the bytes of a batch."""
    counts = _COUNTS.pack(len(batch.controls), len(batch.segments))
    out: Buffers = [batch.sender, batch.receiver, counts]
    for control in batch.controls:
        _encode_control(out, control)
    for segment in batch.segments:
        _encode_segment(out, segment)
    return b"".join(out)


def decode_batch(data: bytes) -> Batch:
    """Return the batch of untrusted bytes; raise `Malformed` for anything but exactly one batch.

    Chunks are views of ``data``, whole messages are copies.
    """
    reader = ByteReader(data, "batch")
    sender, receiver = reader.take(16), reader.take(16)
    controls, segments = reader.unpack(_COUNTS)
    if controls > MAX_CONTROLS or segments > MAX_SEGMENTS:
        raise Malformed("batch", "more records than a batch may hold")
    records = [_decode_control(reader) for _ in reader.times(controls, _LEAST_CONTROL)]
    batch = Batch(sender, receiver, records, [])
    left = MAX_RECORDS
    for _ in reader.times(segments, 16 + _SEGMENT.size):
        segment = _decode_segment(reader, left)
        left -= len(segment.records)
        batch.segments.append(segment)
    reader.end()
    return batch


def encode_receipt(receipt: Receipt) -> bytes:
    """Return the bytes of a receipt."""
    out: Buffers = [_RECEIPT.pack(receipt.stale, len(receipt.opens), len(receipt.flows))]
    for answer in receipt.opens:
        out.append(_session(answer.session) + bytes((answer.status,)))
    for flow in receipt.flows:
        out.append(
            _session(flow.session)
            + bytes((flow.status,))
            + _POSITION.pack(flow.number, flow.offset, flow.messages, flow.bytes)
        )
    return b"".join(out)


def decode_receipt(data: bytes) -> Receipt:
    """Return the receipt of untrusted bytes; raise `Malformed` for anything but exactly one."""
    reader = ByteReader(data, "receipt")
    stale, opens, flows = reader.unpack(_RECEIPT)
    if opens > MAX_CONTROLS or flows > MAX_SEGMENTS:
        raise Malformed("receipt", "more answers than a batch has records")
    receipt = Receipt(
        [OpenReceipt(_read_session(reader), _status(reader)) for _ in reader.times(opens, 17)],
        [
            FlowReceipt(_read_session(reader), _status(reader), *reader.unpack(_POSITION))
            for _ in reader.times(flows, 45)
        ],
        reader.flag(stale),
    )
    reader.end()
    return receipt


# --- control records ------------------------------------------------------------------------------


def _encode_control(out: Buffers, control: Control) -> None:
    session = _session(control.session)
    if isinstance(control, Open):
        terms = control.terms
        timing = TIMINGS.index(terms.timing)
        out += (b"\x01", session, _POSITION.pack(*control[2:]))
        out.append(
            _TERMS.pack(
                terms.parties, timing, terms.labels, terms.look_ahead, terms.largest_message
            )
        )
    elif isinstance(control, Grant):
        out += (b"\x02", session, _POSITION.pack(*control[1:]))
    elif isinstance(control, Fin):
        out += (b"\x03", session, _NUMBER.pack(control.number))
    else:
        reason = _cut_reason(control.reason.encode("utf-8", "replace"))
        out += (b"\x04", session, _LENGTH.pack(len(reason)), reason)


def _decode_control(reader: ByteReader) -> Control:
    kind = reader.take(1)[0]
    session = _read_session(reader)
    decode = _CONTROLS.get(kind)
    if decode is None:
        raise Malformed("batch", "a control record of unknown kind")
    return decode(reader, session)


def _decode_open(reader: ByteReader, session: int) -> Open:
    number, offset, messages, bytes_ = reader.unpack(_POSITION)
    parties, timing, labels, look_ahead, largest = reader.unpack(_TERMS)
    if timing >= len(TIMINGS):
        raise Malformed("batch", "an unknown timing")
    terms = Terms(parties, TIMINGS[timing], reader.flag(labels), look_ahead, largest)
    return Open(session, terms, number, offset, messages, bytes_)


def _decode_grant(reader: ByteReader, session: int) -> Grant:
    return Grant(session, *reader.unpack(_POSITION))


def _decode_fin(reader: ByteReader, session: int) -> Fin:
    return Fin(session, *reader.unpack(_NUMBER))


def _decode_abort(reader: ByteReader, session: int) -> Abort:
    (length,) = reader.unpack(_LENGTH)
    if length > MAX_REASON:
        raise Malformed("batch", "a reason that is too long")
    try:
        return Abort(session, reader.take(length).decode())
    except UnicodeDecodeError:
        raise Malformed("batch", "a reason that is not UTF-8") from None


def _cut_reason(reason: bytes) -> bytes:
    """Cut UTF-8 to `MAX_REASON` bytes, between two characters."""
    return reason[:MAX_REASON].decode("utf-8", "ignore").encode()


_CONTROLS: dict[int, Callable[[ByteReader, int], Control]] = {
    1: _decode_open,
    2: _decode_grant,
    3: _decode_fin,
    4: _decode_abort,
}


# --- segments -------------------------------------------------------------------------------------


def _encode_segment(out: Buffers, segment: Segment) -> None:
    out.append(_session(segment.session))
    out.append(_SEGMENT.pack(segment.acknowledged, segment.number, len(segment.records)))
    for slot, offset, total, data in segment.records:
        labelled = slot < 0
        place = -1 - slot if labelled else slot
        size = len(data)
        if size == total:
            out.append(_WHOLE.pack(labelled, place, size))
        else:
            out.append(_CHUNK.pack(2 + labelled, place, size, offset, total))
        out.append(data)


def _decode_segment(reader: ByteReader, most: int) -> Segment:
    session = _read_session(reader)
    acknowledged, number, records = reader.unpack(_SEGMENT)
    if not 0 < records <= most:
        raise Malformed("batch", "a segment of no record, or too many")
    return Segment(
        session,
        acknowledged,
        number,
        [_decode_record(reader) for _ in reader.times(records, _WHOLE.size)],
    )


def _decode_record(reader: ByteReader) -> Record:
    kind, place, size = reader.unpack(_WHOLE)
    if kind > 3 or size > CHUNK:
        raise Malformed("batch", "a record of unknown kind, or too large")
    slot = -1 - place if kind & 1 else place
    if kind < 2:
        return Record(slot, 0, size, reader.take(size))
    offset, total = reader.unpack(_SPAN)
    if not size or size == total or offset + size > total:
        raise Malformed("batch", "a chunk that is none")
    return Record(slot, offset, total, reader.view(size))


# --- fields ---------------------------------------------------------------------------------------


def _session(session: int) -> bytes:
    return session.to_bytes(16, "little")


def _read_session(reader: ByteReader) -> int:
    return int.from_bytes(reader.take(16), "little")


def _status(reader: ByteReader) -> Status:
    try:
        return Status(reader.take(1)[0])
    except ValueError:
        raise Malformed(reader.what, "an unknown status") from None
