"""Receipts that lie: each fails its pair by name, or ends the connection it came by."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs
import pytest

from partywire.delivery.records import (
    CHUNK,
    Abort,
    Batch,
    Grant,
    Open,
    OpenReceipt,
    Receipt,
    Status,
)
from partywire.errors import (
    NotAMember,
    OutboxFull,
    PeerLeft,
    PeerStalled,
    ProtocolViolation,
    TermsDiffer,
)
from tests.hostile.lair import lair, refused
from tests.hostile.mallory import MALLORY, ROOM, believed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from partywire.delivery.records import FlowReceipt

HUGE = (1 << 64) - 1


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "partywire"):
        yield caplog


def of_one(session: int, **changes: object) -> Callable[[Batch], Receipt]:
    """Answer as believed, but for the flows of one session."""

    def changed(flow: FlowReceipt) -> FlowReceipt:
        return attrs.evolve(flow, **changes) if flow.session == session else flow  # type: ignore[arg-type]

    def answer(batch: Batch) -> Receipt:
        receipt = believed(batch)
        return Receipt(receipt.opens, [changed(flow) for flow in receipt.flows])

    return answer


@pytest.mark.parametrize(
    ("lie", "rule"),
    [
        pytest.param({"number": 2}, "never sent", id="one more than was sent"),
        pytest.param({"number": HUGE}, "never sent", id="far more than was sent"),
        pytest.param({"number": 0, "offset": 1}, "takes less", id="a part of a whole"),
        pytest.param({"number": 0, "offset": HUGE}, "takes less", id="more than the whole"),
        pytest.param({"number": 1, "offset": 7}, "never sent", id="a part of what was not sent"),
        pytest.param({"number": 0}, "takes less than all", id="active without progress"),
        pytest.param({"status": Status.FULL}, "takes all, and refuses", id="full and all taken"),
        pytest.param({"status": Status.GAP}, "a gap where none can be", id="a gap behind"),
        pytest.param({"status": Status.GAP, "number": 0}, "a gap where none", id="a gap at it"),
        pytest.param({"status": Status.STALE, "number": 0}, "does not belong", id="stale"),
    ],
)
async def test_a_lie_about_a_flow_fails_its_pair(lie: dict[str, object], rule: str) -> None:
    async with lair() as there, there.p1.session(1) as session:
        there.mallory.answer = of_one(1, **lie)
        await session.send(MALLORY, b"a share")
        error = await refused(session)
        assert isinstance(error, ProtocolViolation)
        assert rule in str(error)
        await there.until(lambda: there.mallory.was_told(1, Abort))
        sent = len(there.mallory.batches("p1"))
        await there.goes_on(10)
        assert len(there.mallory.batches("p1")) == sent


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.NOT_MEMBER, NotAMember),
        (Status.TOO_LARGE, TermsDiffer),
        (Status.GONE, PeerLeft),
    ],
)
async def test_a_status_that_ends_a_flow_ends_her_own(
    status: Status, kind: type[Exception]
) -> None:
    async with lair() as there, there.p1.session(1) as session:
        there.mallory.answer = of_one(1, status=status, number=0)
        await session.send(MALLORY, b"a share")
        assert isinstance(await refused(session), kind)


async def test_a_gap_that_goes_back_is_not_followed() -> None:
    """It that goes back would have made p1 repeat itself without an end."""
    async with lair() as there, there.p1.session(1, labels=True) as session:
        await session.send(MALLORY, b"one", label=1)
        await session.flush(timeout=5)
        there.mallory.answer = of_one(1, status=Status.GAP, number=0)
        await session.send(MALLORY, b"two", label=1)
        await there.until(lambda: there.pair().failure is not None)
        assert "a receipt that goes back" in str(there.pair().failure)


async def test_a_session_that_she_has_opened_cannot_be_inactive() -> None:
    for status in (Status.INACTIVE, Status.QUOTA):
        async with lair() as there, there.p1.session(1) as session:
            voice = await there.mallory.calls("p1")
            voice.says(Open(1, there.terms(), 0, 0, *ROOM))
            there.mallory.answer = of_one(1, status=status, number=0)
            await session.send(MALLORY, b"a share")
            error = await refused(session)
            assert isinstance(error, ProtocolViolation)
            assert "open and is not" in str(error)


def fewer(receipt: Receipt) -> Receipt:
    return Receipt(receipt.opens, receipt.flows[1:])


def more(receipt: Receipt) -> Receipt:
    return Receipt(receipt.opens, receipt.flows * 2)


def foreign(receipt: Receipt) -> Receipt:
    return Receipt(receipt.opens, [attrs.evolve(flow, session=77) for flow in receipt.flows])


def unasked_open(receipt: Receipt) -> Receipt:
    return Receipt([*receipt.opens, OpenReceipt(77, Status.ACTIVE)], receipt.flows)


def stale(_: Receipt) -> Receipt:
    return Receipt([], [], stale=True)


@pytest.mark.parametrize("lie", [fewer, more, foreign, unasked_open, stale])
async def test_a_receipt_for_another_batch_ends_the_connection(
    lie: Callable[[Receipt], Receipt], log: pytest.LogCaptureFixture
) -> None:
    """The message is sent again on the next one; nothing of the receipt was believed."""
    async with lair() as there, there.p1.session(1) as session:
        lies = 3

        def answer(batch: Batch) -> Receipt:
            nonlocal lies
            if batch.segments and lies:
                lies -= 1
                return lie(believed(batch))
            return believed(batch)

        there.mallory.answer = answer
        await session.send(MALLORY, b"a share")
        await session.flush(timeout=5)
        assert lies == 0
        assert session.counters[MALLORY].retries == 3
        said = [one.getMessage() for one in log.records if "malformed" in one.getMessage()]
        assert 1 <= len(said) <= 3
        assert all("connection to mallory: malformed receipt" in text for text in said)
        assert b"share" not in log.text.encode()


async def test_progress_of_a_byte_at_a_time_is_hers_to_pay() -> None:
    """FULL within a large message, byte by byte: the sender repeats no more than what is left."""
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        position = 0

        def answer(batch: Batch) -> Receipt:
            nonlocal position
            receipt = believed(batch)
            for flow in receipt.flows:
                if flow.session == 1:
                    position += 1
                    flow.status, flow.number, flow.offset = Status.FULL, 0, position
            return receipt

        there.mallory.answer = answer
        await session.send(MALLORY, bytes(2 * CHUNK))
        for number in range(1, 5):
            await there.until(lambda: position >= number)  # noqa: B023
            voice.says(Grant(1, 0, position, *ROOM))
        await there.goes_on()
        assert there.pair().failure is None


async def test_full_without_end_is_given_up_and_so_is_credit_that_never_helps() -> None:
    for credits_ in (False, True):
        async with lair(full_timeout="30ms") as there, there.p1.session(1) as session:
            voice = await there.mallory.calls("p1")
            there.mallory.answer = of_one(1, status=Status.FULL, number=0)
            await session.send(MALLORY, b"a share")
            while there.pair().failure is None:
                if credits_:
                    voice.says(Grant(1, 0, 0, *ROOM))
                await there.goes_on(1)
            error = await refused(session)
            assert isinstance(error, PeerStalled)
            assert "its mailbox is full" in str(error)


async def test_an_outbox_that_she_never_empties_is_bounded() -> None:
    async with lair(mailbox_messages=10) as there, there.p1.session(1, labels=True) as session:
        there.mallory.answer = of_one(1, status=Status.INACTIVE, number=0)
        for number in range(10):
            session.send_nowait(MALLORY, b"%d" % number, label=1)
        with pytest.raises(OutboxFull):
            session.send_nowait(MALLORY, b"one too many", label=1)
        await there.goes_on()
        assert len(there.pair().outbox) == 10


async def test_open_that_is_answered_with_nonsense_fails_its_pair() -> None:
    for status in (Status.STALE, Status.FULL, Status.GAP, Status.QUOTA, Status.TOO_LARGE):
        async with lair() as there:

            def answer(batch: Batch, status: Status = status) -> Receipt:
                receipt = believed(batch)
                opens = [
                    OpenReceipt(one.session, status if one.session == 1 else one.status)
                    for one in receipt.opens
                ]
                return Receipt(opens, receipt.flows)

            there.mallory.answer = answer
            async with there.p1.session(1) as session:
                error = await refused(session)
                assert isinstance(error, ProtocolViolation)
                assert "does not belong there" in str(error)
