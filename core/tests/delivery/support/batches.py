"""What one party sends to a peer, batch by batch, and answers of that peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tests.delivery.support.making import Clock, Party
from partywire.delivery.limits import Limits
from partywire.delivery.records import FlowReceipt, Open, OpenReceipt, Receipt, Status, end_of

if TYPE_CHECKING:
    from partywire.delivery.dispatch import Flight

BIG = Limits(early_bytes=1 << 30, mailbox_bytes=1 << 30, window=1 << 30)


ONE_AT_A_TIME = Limits(early_bytes=1 << 30, mailbox_bytes=1 << 30, window=1)


def party(limits: Limits = BIG) -> Party:
    return Party("alice.example", Clock(), limits)


def good(flight: Flight) -> Receipt:
    """An answer as of a peer that has everything open and takes everything."""
    ends = [
        (segment.session, segment.number + len(segment.records))
        for segment in flight.batch.segments
    ]
    return Receipt(
        [
            OpenReceipt(control.session, Status.ACTIVE)
            for control in flight.batch.controls
            if isinstance(control, Open)
        ],
        [FlowReceipt(session, Status.ACTIVE, end, 0, 4096, 1 << 30) for session, end in ends],
    )


def taken(flight: Flight) -> Receipt:
    """An answer as of a peer that has everything open, and takes chunks."""
    whole = good(flight)
    ends = [end_of(segment) for segment in flight.batch.segments]
    flows = [
        FlowReceipt(segment.session, Status.ACTIVE, *end, 4096, 1 << 30)
        for segment, end in zip(flight.batch.segments, ends, strict=True)
    ]
    return Receipt(whole.opens, flows)


def payload_of(flight: Flight) -> int:
    return sum(len(record.data) for each in flight.batch.segments for record in each.records)
