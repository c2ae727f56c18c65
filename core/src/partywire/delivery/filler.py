"""Filler: the one batch of a probe, by whose time it is seen how fast its connection is."""

from partywire.delivery.records import CHUNK, Batch, FlowReceipt, Receipt, Record, Segment, Status


def filler(sender: bytes, receiver: bytes, data: bytes) -> Batch:
    """Return a batch of filler, from one incarnation to another; ``data`` is of no meaning."""
    record = Record(0, 0, len(data), data)
    return Batch(sender, receiver, [], [Segment(0, 0, 0, [record])])


def thrown_away(batch: Batch) -> Receipt | None:
    """Return the answer for a batch of filler, of which nothing is kept; None where it is none.

    Filler is one record at most, of `CHUNK` bytes at most, and no control record.
    """
    records = [record for segment in batch.segments for record in segment.records]
    if batch.controls or len(batch.segments) > 1 or len(records) > 1:
        return None
    if any(len(record.data) > CHUNK for record in records):
        return None
    return Receipt(
        [],
        [FlowReceipt(each.session, Status.NOT_MEMBER, 0, 0, 0, 0) for each in batch.segments],
    )
