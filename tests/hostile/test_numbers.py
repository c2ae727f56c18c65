"""Wrong numbers, offsets and totals; chunks that do not belong together."""

from __future__ import annotations

import pytest

from partywire.delivery.records import CHUNK, Fin, Record, Segment, Status, label_slot
from partywire.errors import PeerStalled, ProtocolViolation, TermsDiffer
from tests.hostile.lair import lair, refused, segment, whole

HALF = Record(9, 0, 2 * CHUNK, bytes(CHUNK))
ONE, TWO = whole(5, b"a"), whole(6, b"b")


def chunk(slot: int, offset: int, total: int) -> Segment:
    return segment(0, Record(slot, offset, total, b"x"))


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        pytest.param([segment(0, ONE, ONE)], "rounds that do not rise", id="a round twice"),
        pytest.param([segment(0, TWO, ONE)], "rounds that do not rise", id="a round that falls"),
        pytest.param([segment(0, whole(label_slot(1), b"a"))], "without labels", id="a label"),
        pytest.param([segment(0, HALF), chunk(8, CHUNK, 2 * CHUNK)], "belong together", id="slots"),
        pytest.param([segment(0, HALF), chunk(9, CHUNK, 3 * CHUNK)], "belong together", id="total"),
        pytest.param([segment(0, HALF), segment(0, whole(9, b"a"))], "exceeds", id="whole on half"),
        pytest.param([Fin(1, 1), segment(0, ONE, TWO)], "after the end", id="more than the end"),
        pytest.param([segment(0, ONE, TWO), Fin(1, 1)], "end of the flow was moved", id="end past"),
        pytest.param([Fin(1, 9), Fin(1, 8)], "end of the flow was moved", id="two ends"),
        pytest.param(
            [segment(0, whole(99, b"")), segment(0, whole(98, b""))], "refused message", id="head"
        ),
    ],
)
async def test_what_no_honest_peer_sends_fails_its_pair_by_name(
    sent: list[Fin | Segment], rule: str
) -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        for each in sent:
            receipt = voice.says(each)
        error = await refused(session)
        assert isinstance(error, ProtocolViolation)
        assert rule in str(error)
        assert "mallory broke the protocol" in str(error)
        if receipt.flows:
            assert receipt.flows[0].status is Status.ABORTED
        again = voice.says(segment(2, whole(7, b"c")))
        assert again.flows[0].status is Status.ABORTED
        await there.goes_on()


async def test_numbers_far_away_are_a_gap_and_take_no_room() -> None:
    async with lair() as there, there.p1.session(1):
        voice = await there.mallory.calls("p1")
        for number in (1, 1 << 32, (1 << 64) - 1):
            (flow,) = voice.says(segment(number, ONE)).flows
            assert (flow.status, flow.number, flow.offset) == (Status.GAP, 0, 0)
        assert there.peer.budget.held == 0


async def test_an_offset_ahead_is_a_gap_and_one_behind_a_duplicate() -> None:
    async with lair() as there, there.p1.session(1):
        voice = await there.mallory.calls("p1")
        (ahead,) = voice.says(chunk(9, CHUNK, 2 * CHUNK)).flows
        assert (ahead.status, ahead.offset) == (Status.GAP, 0)
        voice.says(segment(0, HALF))
        (behind,) = voice.says(segment(0, HALF)).flows
        assert (behind.status, behind.offset) == (Status.ACTIVE, CHUNK)
        assert there.pair().intake.duplicates == 1


async def test_what_was_taken_comes_again_in_vain() -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        for _ in range(3):
            (flow,) = voice.says(segment(0, whole(0, b"once"))).flows
            assert (flow.status, flow.number) == (Status.ACTIVE, 1)
        assert await session.receive("mallory") == b"once"
        assert session.counters["mallory"].duplicates == 2
        assert there.peer.budget.held == 0


async def test_a_total_beyond_the_limit_is_refused_and_takes_no_room() -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        (flow,) = voice.says(segment(0, Record(0, 0, (1 << 64) - 1, b"x"))).flows
        assert flow.status is Status.TOO_LARGE
        error = await refused(session)
        assert isinstance(error, TermsDiffer)
        assert "largest_message" in str(error)


async def test_totals_that_never_come_take_her_own_room_and_not_for_long() -> None:
    limits = {"peer_bytes": "64MiB", "largest_message": "48MiB", "reassembly_timeout": "20ms"}
    async with lair(**limits) as there:
        async with there.p1.session(1) as one, there.p1.session(2):
            voice = await there.mallory.calls("p1")
            head = Record(0, 0, 48 << 20, b"x")
            (first,) = voice.says(segment(0, head)).flows
            (second,) = voice.says(segment(0, head, session=2)).flows
            assert (first.status, second.status) == (Status.ACTIVE, Status.FULL)
            assert there.peer.budget.held <= 64 << 20
            error = await refused(one)
            assert isinstance(error, PeerStalled)
            assert "in the midst of a large message" in str(error)
            assert there.peer.budget.held == 0
