"""A peer that takes batches and never answers, and one that answers and never takes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs
import pytest

from partywire.delivery.records import Open, OpenReceipt, Receipt, Status
from partywire.errors import FlushTimeout, OutboxFull
from tests.hostile.lair import lair
from tests.hostile.mallory import MALLORY, ROOM, believed

if TYPE_CHECKING:
    from partywire.delivery.records import Batch


async def test_one_that_takes_and_never_answers_is_reconnected_and_bounds_what_we_hold(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """She takes each batch and answers none; each connection ends by the deadline."""
    limits = {"deliver_timeout": "100ms", "mailbox_messages": 10, "window": "1MiB"}
    async with lair(**limits) as there, there.p1.session(1, labels=True) as session:
        with caplog.at_level(logging.INFO, "partywire"):
            there.mallory.silent = True
            for number in range(10):
                session.send_nowait(MALLORY, bytes(1000), label=number)
            with pytest.raises(OutboxFull):
                session.send_nowait(MALLORY, b"", label=0)
            await there.until(lambda: "mallory: took no batch" in there.peer.link)
            await there.goes_on(20)
        assert there.peer.dispatch._flying <= 2 << 20
        assert len(there.pair().outbox) == 10
        there.mallory.silent = False
        await session.flush(timeout=10)


async def test_sessions_that_end_meanwhile_leave_nothing_behind() -> None:
    """A bound on all that waits for her, however many sessions come and go."""
    async with lair(deliver_timeout="1h", linger="1ms") as there:
        there.mallory.silent = True
        for number in range(100, 600):
            async with there.p1.session(number, labels=True) as session:
                session.send_nowait(MALLORY, bytes(100), label=number)
        await there.until(lambda: len(there.table) == 1)
        dispatch = there.peer.dispatch
        assert len(dispatch._ready) <= 130
        assert not there.peer.hunger.pairs


async def test_one_that_says_inactive_for_ever_fills_her_own_outbox() -> None:
    async with lair(mailbox_messages=5) as there, there.p1.session(1, labels=True) as session:

        def answer(batch: Batch) -> Receipt:
            receipt = believed(batch)
            return Receipt(
                [OpenReceipt(one.session, Status.INACTIVE) for one in receipt.opens],
                [
                    attrs.evolve(flow, status=Status.INACTIVE, number=0, messages=0, bytes=0)
                    for flow in receipt.flows
                ],
            )

        there.mallory.answer = answer
        for number in range(5):
            session.send_nowait(MALLORY, b"%d" % number, label=0)
        with pytest.raises(FlushTimeout, match="mallory: 5"):
            await session.flush(timeout=0.05)
        before = len(there.mallory.batches("p1"))
        await there.goes_on(50)
        assert len(there.mallory.batches("p1")) <= before + 1
        there.mallory.answer = believed
        (await there.mallory.calls("p1")).says(Open(1, there.terms(), 0, 0, *ROOM))
        await session.flush(timeout=5)


async def test_opens_in_turns_without_end_go_no_faster_than_she_does() -> None:
    """Each OPEN of hers may cost one of ours, and no more."""
    async with lair() as there, there.p1.session(1):
        voice = await there.mallory.calls("p1")

        def answer(batch: Batch) -> Receipt:
            receipt = believed(batch)
            opens = [OpenReceipt(one.session, Status.INACTIVE) for one in receipt.opens]
            return Receipt(opens, receipt.flows)

        there.mallory.answer = answer
        for _ in range(50):
            voice.says(Open(1, there.terms(), 0, 0, *ROOM))
            await there.goes_on(1)
        ours = [
            one
            for batch in there.mallory.batches("p1")
            for one in batch.controls
            if isinstance(one, Open) and one.session == 1
        ]
        assert len(ours) <= 52
