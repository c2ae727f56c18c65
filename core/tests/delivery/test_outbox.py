"""Single promises of the outbox; the whole of it is in ``test_outbox_model``."""

from __future__ import annotations

import pytest

from partywire.delivery.limits import Limits
from partywire.delivery.outbox import Outbox
from partywire.delivery.records import CHUNK, MESSAGE_COST, Record, Segment


def cut(outbox: Outbox, budget: int = CHUNK) -> list[Record]:
    segment = Segment(1, 0, 0, [])
    outbox.cut(segment, budget)
    return segment.records


def test_an_empty_outbox_takes_a_message_of_any_size() -> None:
    outbox = Outbox(Limits(mailbox_bytes=1))
    assert outbox.has_room(1 << 40)
    outbox.put(0, b"x")
    assert not outbox.has_room(0)


def test_an_unused_outbox_holds_no_queue() -> None:
    assert Outbox(Limits()).records is None


def test_a_chunk_is_no_copy() -> None:
    outbox = Outbox(Limits())
    data = bytes(CHUNK + 1)
    outbox.put(0, data)
    (record,) = cut(outbox)
    assert isinstance(record.data, memoryview)
    assert record.data.obj is data


def test_an_outbox_is_bounded_in_bytes_and_in_messages() -> None:
    bytes_, messages = Outbox(Limits(mailbox_bytes=1_000)), Outbox(Limits(mailbox_messages=3))
    for outbox, most in ((bytes_, 7), (messages, 3)):
        for number in range(most):
            assert outbox.has_room(0)
            outbox.put(number, b"")
        assert not outbox.has_room(0)


def test_no_more_bytes_go_than_there_is_credit_for() -> None:
    outbox = Outbox(Limits())
    outbox.credit_bytes = 2 * (10 + MESSAGE_COST) + 9
    for number in range(5):
        outbox.put(number, bytes(10))
    assert len(cut(outbox)) == 2


def test_a_large_message_goes_in_chunks_of_the_chunk_size_and_a_rest() -> None:
    outbox = Outbox(Limits())
    outbox.put(0, bytes(2 * CHUNK + 5))
    sizes = []
    while records := cut(outbox):
        sizes += [(record.offset, len(record.data)) for record in records]
    assert sizes == [(0, CHUNK), (CHUNK, CHUNK), (2 * CHUNK, 5)]


def test_a_large_message_goes_on_after_a_rewind_from_where_it_was_taken() -> None:
    outbox = Outbox(Limits())
    outbox.put(0, bytes(3 * CHUNK))
    for _ in range(2):
        cut(outbox)
    assert outbox.reached(0, CHUNK)
    outbox.rewind()
    assert [(record.offset, len(record.data)) for record in cut(outbox)] == [(CHUNK, CHUNK)]


def test_no_chunk_is_larger_however_much_may_go() -> None:
    outbox = Outbox(Limits())
    outbox.put(0, bytes(3 * CHUNK))
    assert [len(record.data) for record in cut(outbox, 10 * CHUNK)] == [CHUNK]


def test_a_message_of_exactly_one_chunk_goes_whole() -> None:
    outbox = Outbox(Limits())
    outbox.put(0, bytes(CHUNK))
    (record,) = cut(outbox, 1)
    assert len(record.data) == record.total == CHUNK


def test_the_first_message_may_exceed_a_small_budget_and_the_second_may_not() -> None:
    outbox = Outbox(Limits())
    outbox.put(0, bytes(100))
    outbox.put(1, bytes(100))
    assert [record.slot for record in cut(outbox, 1)] == [0]
    assert [record.slot for record in cut(outbox, 1)] == [1]


def test_without_credit_one_head_goes_alone() -> None:
    outbox = Outbox(Limits())
    for slot in range(3):
        outbox.put(slot, b"x")
    outbox.credit_messages = outbox.credit_bytes = 0
    assert [record.slot for record in cut(outbox)] == [0]
    assert cut(outbox) == []
    assert outbox.reached(1, 0)
    assert [record.slot for record in cut(outbox)] == [1]


@pytest.mark.parametrize("offset", [1, 9, 10, 1 << 60])
def test_an_offset_within_a_message_that_went_whole_is_a_lie(offset: int) -> None:
    outbox = Outbox(Limits())
    outbox.put(0, bytes(10))
    outbox.put(1, bytes(10))
    cut(outbox)
    assert not outbox.reached(0, offset)
    assert outbox.flying == 2 * (10 + MESSAGE_COST)


def test_an_offset_at_or_beyond_the_end_of_a_chunked_message_is_a_lie() -> None:
    outbox = Outbox(Limits())
    size = CHUNK + 10
    outbox.put(0, bytes(size))
    outbox.put(1, b"")
    while cut(outbox):
        pass
    assert not outbox.reached(0, size)
    assert not outbox.reached(0, size + 1)
    assert outbox.reached(0, size - 1)


def test_after_a_rewind_a_position_that_was_sent_before_it_is_believed() -> None:
    outbox = Outbox(Limits())
    for slot in range(3):
        outbox.put(slot, b"x")
    cut(outbox)
    outbox.rewind()
    assert not outbox.reached(4, 0)
    assert outbox.reached(2, 0)
    assert [record.slot for record in cut(outbox)] == [2]


def test_drop_tells_how_many_the_receiver_did_not_have() -> None:
    outbox = Outbox(Limits())
    for slot in range(3):
        outbox.put(slot, b"x")
    cut(outbox)
    outbox.reached(1, 0)
    assert outbox.drop() == 2
    assert outbox.end == 3
    assert not outbox.sendable()


def test_after_a_rewind_a_large_message_goes_on_from_what_the_receiver_has() -> None:
    outbox = Outbox(Limits())
    outbox.put(0, bytes(3 * CHUNK))
    for _ in range(3):
        cut(outbox)
    assert outbox.reached(0, CHUNK)
    outbox.rewind()
    assert [record.offset for record in cut(outbox)] == [CHUNK]


def test_a_record_shows_the_size_of_its_data_and_not_the_data() -> None:
    assert repr(Record(4, 0, 6, b"secret")) == "Record(4, 0, 6, <6 bytes>)"
    assert "secret" not in repr(Segment(1, 0, 0, [Record(4, 0, 6, memoryview(b"secret"))]))
