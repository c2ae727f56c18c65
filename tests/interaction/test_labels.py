"""Labels: a library's own names for messages, read in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywire.errors import LabelInvalid, LabelsNotEnabled, ReceiveConflict
from tests.interaction.scenes import opened, tasks, together

if TYPE_CHECKING:
    from partywire import Session
    from tests.interaction.venues import Venue

LARGEST = 2**64 - 1


async def test_labels_are_read_in_any_order(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        for label in (7, 0, LARGEST, 3):
            await p1.send("p2", b"%d" % label, label=label)
        for label in (3, LARGEST, 7, 0):
            assert await p2.receive("p1", label=label) == b"%d" % label


async def test_a_repeated_label_is_first_in_first_out(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        for number in range(5):
            await p1.send("p2", b"%d" % number, label=9)
        received = [await p2.receive("p1", label=9) for _ in range(5)]
        assert received == [b"0", b"1", b"2", b"3", b"4"]


async def test_rounds_and_labels_do_not_mix(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        await p1.send("p2", b"label 0", label=0)
        await p1.send("p2", b"round 0")
        p1.next_round()
        await p1.send("p2", b"label 0 again", label=0)
        await p1.send("p2", b"round 1")
        assert await p2.receive("p1") == b"round 0"
        p2.next_round()
        assert await p2.receive("p1") == b"round 1"
        assert await p2.receive("p1", label=0) == b"label 0"
        assert await p2.receive("p1", label=0) == b"label 0 again"


async def test_a_label_outlives_rounds(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        await p1.send("p2", b"kept", label=1)
        await p1.flush()
        for _ in range(3):
            p2.next_round()
        assert await p2.receive("p1", label=1) == b"kept"
        assert p2.counters["p1"].stale == 0


async def test_the_calls_to_everybody_take_labels(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes, labels=True) as sessions:
        for session in sessions:
            await session.send_to_all(session.party.encode(), label=5)
        for session in sessions:
            gathered = await session.gather(label=5)
            assert gathered == {peer: peer.encode() for peer in session.peers}
        p1, p2, _ = sessions
        here, there = await together(
            lambda: p1.exchange({"p2": b"a"}, label=6), lambda: p2.exchange({"p1": b"b"}, label=6)
        )
        assert (here, there) == ({"p2": b"b"}, {"p1": b"a"})


async def test_receives_of_different_labels_wait_beside_each_other(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        async with tasks() as beside:
            calls = {label: beside.start(_received, p2, label) for label in (1, 2, 3)}
            await beside.parked(p2, 3)
            with pytest.raises(ReceiveConflict, match="label 0x2"):
                await p2.receive("p1", label=2)
            for label in (3, 1, 2):
                await p1.send("p2", b"%d" % label, label=label)
            for label, call in calls.items():
                assert await call.result() == b"%d" % label


async def _received(session: Session, label: int) -> bytes:
    return await session.receive("p1", label=label)


async def test_labels_have_to_be_enabled(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        with pytest.raises(LabelsNotEnabled, match="labels=True"):
            await p1.send("p2", b"", label=1)
        with pytest.raises(LabelsNotEnabled):
            await p2.receive("p1", label=1)
        with pytest.raises(LabelsNotEnabled):
            await p1.send_to_all(b"", label=1)
        await p1.send("p2", b"rounds go on")
        assert await p2.receive("p1") == b"rounds go on"


@pytest.mark.parametrize("label", [-1, 2**64, True, "1", 1.0])
async def test_a_label_is_a_number_of_64_bits(venue: Venue, label: int) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        with pytest.raises(LabelInvalid, match="a label is an int"):
            await p1.send("p2", b"", label=label)
        with pytest.raises(LabelInvalid):
            await p2.receive("p1", label=label)
