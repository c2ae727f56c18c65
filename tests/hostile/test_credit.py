"""Credit and positions of control records that lie: 0, huge, shrinking, behind and ahead."""

from __future__ import annotations

import attrs
import pytest

from partywire.delivery.records import Grant, Open
from partywire.errors import ProtocolViolation, TermsDiffer
from tests.hostile.lair import lair, refused
from tests.hostile.mallory import MALLORY, ROOM

MOST = ((1 << 32) - 1, (1 << 64) - 1)
HUGE = (1 << 64) - 1


@pytest.mark.parametrize("credit", [(0, 0), (0, HUGE), (MOST[0], 0), (1, 1), MOST])
async def test_whatever_credit_she_gives_messages_go_within_our_own_window(
    credit: tuple[int, int],
) -> None:
    async with lair(window="1MiB") as there, there.p1.session(1, labels=True) as session:
        voice = await there.mallory.calls("p1")
        voice.says(Open(1, there.terms(), 0, 0, *credit))
        for number in range(20):
            voice.says(Grant(1, there.pair().outbox.first, 0, *credit))
            await session.send(MALLORY, bytes(100_000), label=number)
        await session.flush(timeout=5)
        assert there.peer.dispatch.oldest is None
        largest = max(
            sum(len(each.data) for part in batch.segments for each in part.records)
            for batch in there.mallory.batches("p1")
        )
        assert largest <= 1 << 20


@pytest.mark.parametrize(
    ("number", "offset"),
    [(1, 0), (HUGE, 0), (0, 1), (0, HUGE), (HUGE, HUGE)],
)
@pytest.mark.parametrize("kind", ["OPEN", "CREDIT"])
async def test_a_position_that_was_never_sent_fails_its_pair(
    kind: str, number: int, offset: int
) -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        if kind == "OPEN":
            voice.says(Open(1, there.terms(), number, offset, *ROOM))
        else:
            voice.says(Grant(1, number, offset, *ROOM))
        error = await refused(session)
        assert isinstance(error, ProtocolViolation)
        assert "a receipt for what was never sent" in str(error)


async def test_credit_that_nobody_waited_for_changes_nothing() -> None:
    async with lair() as there, there.p1.session(1, labels=True) as session:
        voice = await there.mallory.calls("p1")
        for round_ in range(3):
            voice.says(*[Grant(1, 0, 0, *ROOM)] * 1000)
            await session.send(MALLORY, b"%d" % round_, label=1)
            await session.flush(timeout=5)
        sent = [
            bytes(record.data)
            for batch in there.mallory.batches("p1")
            for part in batch.segments
            if part.session == 1
            for record in part.records
        ]
        assert sent == [b"0", b"1", b"2"]
        assert session.counters[MALLORY].retries == 0


async def test_an_open_with_other_terms_after_a_good_one_fails_its_pair_once() -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        terms = there.terms()
        voice.says(Open(1, terms, 0, 0, *ROOM))
        for look_ahead in range(1, 10):
            voice.says(Open(1, attrs.evolve(terms, look_ahead=look_ahead), 0, 0, *ROOM))
        error = await refused(session)
        assert isinstance(error, TermsDiffer)
        assert "look_ahead here 32, there 1" in str(error)
