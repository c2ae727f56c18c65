"""What abuse leaves behind: timers, lines of a log, sessions that have ended."""

from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING

from partywire.delivery.pair import Pair
from partywire.delivery.records import (
    CHUNK,
    MAX_CONTROLS,
    Abort,
    Fin,
    Grant,
    Open,
    Record,
    Status,
)
from tests.hostile.lair import lair, segment, whole
from tests.hostile.mallory import MALLORY, ROOM, believed

if TYPE_CHECKING:
    import pytest

    from partywire.delivery.records import Batch, Receipt


async def test_no_message_hello_or_control_record_makes_a_timer_that_stays() -> None:
    """There is one for each early session and each half message."""
    async with lair(early_sessions=50) as there, there.p1.session(1, labels=True):
        voice = await there.mallory.calls("p1")
        agenda = there.table.agenda
        before = len(agenda._heap)
        for turn in range(20):
            voice.says(*[segment(0, whole(0, b"x"), session=1_000 + each) for each in range(200)])
            voice.says(*[Grant(1, 0, 0, *ROOM)] * MAX_CONTROLS)
            voice.says(*[Open(1, there.terms(), 0, 0, *ROOM)] * MAX_CONTROLS)
            voice.says(segment(0, Record(7, turn, 2 * CHUNK, bytes(1))))
            await there.mallory.calls("p1")
        assert len(agenda._heap) <= before + 50 + 1


async def test_a_connection_that_breaks_writes_a_line_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with lair(retry_longest="1ms") as there, there.p1.session(1) as session:
        await session.send(MALLORY, b"a share that nobody may read in a log")
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "partywire"):
            for _ in range(30):
                there.mallory.hang_up()
                await there.until(lambda: there.peer.link != "connected")
                await there.until(there.joined)
        assert len(caplog.records) <= 2 * 2 * 30
        assert not any(record.exc_info for record in caplog.records)
        assert "share" not in caplog.text


def refuses(batch: Batch) -> Receipt:
    receipt = believed(batch)
    for flow in receipt.flows:
        flow.status, flow.number = Status.FULL, 0
    return receipt


async def test_sessions_in_which_she_did_everything_wrong_are_gone_when_they_end() -> None:
    async with lair(linger="1ms") as there:
        voice = await there.mallory.calls("p1")
        there.mallory.answer = refuses
        for number in range(100, 200):
            async with there.p1.session(number, labels=True) as session:
                session.send_nowait(MALLORY, b"refused", label=1)
                voice.says(segment(0, Record(0, 0, 2 * CHUNK, bytes(1)), session=number))
                await there.goes_on(1)
                if number % 3 == 0:
                    voice.says(segment(1, whole(9, b"x"), session=number), Fin(number, 9))
                if number % 3 == 1:
                    voice.says(Abort(number, "none"), segment(0, whole(3, b"x"), session=number))
        there.mallory.answer = believed
        await there.until(lambda: len(there.table) == 1)
        await there.goes_on()
        gc.collect()
        left = {
            each.session.id
            for each in gc.get_objects()
            if isinstance(each, Pair) and 100 <= each.session.id < 200
        }
        assert len(left) <= 65
