"""Anything that two nodes may say to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from partywire.delivery.records import (
    TIMINGS,
    Abort,
    Batch,
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

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

u32 = st.integers(0, 2**32 - 1)
u64 = st.integers(0, 2**64 - 1)
sessions = st.integers(0, 2**128 - 1)
slots = u64 | u64.map(lambda label: -1 - label)
incarnations = st.binary(min_size=16, max_size=16)
statuses = st.sampled_from(Status)
reasons = st.text(st.characters(exclude_categories=["Cs"]), max_size=64)

terms = st.builds(
    Terms, st.binary(min_size=32, max_size=32), st.sampled_from(TIMINGS), st.booleans(), u32, u64
)
controls = (
    st.builds(Open, sessions, terms, u64, u64, u32, u64)
    | st.builds(Grant, sessions, u64, u64, u32, u64)
    | st.builds(Fin, sessions, u64)
    | st.builds(Abort, sessions, reasons)
)


@st.composite
def records(draw: DrawFn) -> Record:
    slot, data = draw(slots), draw(st.binary(max_size=40))
    if not data or draw(st.booleans()):
        return Record(slot, 0, len(data), data)
    offset = draw(st.integers(0, 2**63))
    after = draw(st.integers(0 if offset else 1, 2**62))
    return Record(slot, offset, offset + len(data) + after, data)


segments = st.builds(Segment, sessions, u64, u64, st.lists(records(), min_size=1, max_size=4))
batches = st.builds(
    Batch,
    incarnations,
    incarnations,
    st.lists(controls, max_size=4),
    st.lists(segments, max_size=3),
)
receipts = st.builds(
    Receipt,
    st.lists(st.builds(OpenReceipt, sessions, statuses), max_size=4),
    st.lists(st.builds(FlowReceipt, sessions, statuses, u64, u64, u32, u64), max_size=4),
    st.booleans(),
)
