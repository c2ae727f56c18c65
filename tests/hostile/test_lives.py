"""Incarnations that alternate, come thick and fast, or were never greeted."""

from __future__ import annotations

import attrs
import pytest

from partywire.delivery.hello import NODE, Hello
from partywire.delivery.records import Batch, Open, Receipt, Status
from partywire.errors import DuplicateParty, PeerDuplicated, PeerRestarted, Rejected
from tests.hostile.lair import Lair, lair, refused, segment, whole
from tests.hostile.mallory import MALLORY, ROOM, believed
from tests.interaction.scenes import Clock


def life(number: int) -> bytes:
    return b"mallory %8d" % number


def relive(there: Lair, number: int) -> None:
    there.mallory.life = life(number)
    there.mallory.hang_up()


async def test_lives_that_come_thick_and_fast_are_refused_and_cost_the_sessions_once() -> None:
    clock = Clock()
    async with lair(now=clock) as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        voice.says(Open(1, there.terms(), 0, 0, *ROOM), segment(0, whole(5, b"bound")))
        relive(there, 0)
        await there.mallory.calls("p1")
        assert isinstance(await refused(session), PeerRestarted)
        for number in range(1, 100):
            there.mallory.life = life(number)
            with pytest.raises(Rejected, match="started anew twice within 1 s"):
                await there.mallory.calls("p1")
        assert there.peer.incarnation == life(0)
        assert len(there.peer.displaced) == 1


async def test_lives_that_come_for_years_are_remembered_in_a_bounded_number() -> None:
    clock = Clock()
    async with lair(now=clock) as there:
        for number in range(100):
            clock.now += 10.0
            relive(there, number)
            await there.mallory.calls("p1")
        assert len(there.peer.displaced) <= 8


async def test_a_displaced_life_that_comes_back_fails_her_pairs_and_she_is_told() -> None:
    clock = Clock()
    async with lair(now=clock) as there, there.p1.session(1) as session:
        await there.mallory.calls("p1")
        first = there.mallory.life
        clock.now += 10.0
        relive(there, 1)
        await there.mallory.calls("p1")
        clock.now += 10.0
        there.mallory.life = first
        for _ in range(100):
            with pytest.raises(DuplicateParty, match="two nodes run under this id"):
                await there.mallory.calls("p1")
        error = await refused(session)
        assert isinstance(error, PeerDuplicated)
        assert "two nodes run as mallory" in str(error)
        assert there.peer.incarnation == life(1)


async def test_batches_of_a_life_that_was_not_greeted_or_is_over_are_stale() -> None:
    clock = Clock()
    async with lair(now=clock) as there, there.p1.session(1) as session:
        old = await there.mallory.calls("p1")
        stale = old.batch(segment(0, whole(0, b"old")))
        clock.now += 10.0
        relive(there, 1)
        new = await there.mallory.calls("p1")
        for batch in (
            stale,
            attrs.evolve(stale, sender=life(9)),
            attrs.evolve(stale, sender=bytes(16)),
        ):
            receipt = old.guest.accept_nowait(batch)
            assert receipt is not None
            assert receipt.stale
            assert receipt.flows == []
        (flow,) = new.says(segment(0, whole(0, b"new"))).flows
        assert flow.status is Status.ACTIVE
        assert await session.receive(MALLORY) == b"new"


async def test_what_came_early_from_a_life_that_is_over_is_gone() -> None:
    clock = Clock()
    async with lair(now=clock) as there:
        voice = await there.mallory.calls("p1")
        for session in range(100, 200):
            voice.says(segment(0, whole(0, b"x"), session=session))
        assert len(there.peer.early) == 100
        clock.now += 10.0
        relive(there, 1)
        await there.mallory.calls("p1")
        assert len(there.peer.early) == 0
        assert there.peer.budget.held == 0


async def test_a_late_hello_of_a_life_that_ended_meanwhile_is_refused_and_accuses_nobody() -> None:
    clock = Clock()
    async with lair(now=clock) as there, there.p1.session(1):
        await there.mallory.calls("p1")
        first = there.mallory.life
        slow = there.mallory.knocks("p1")
        step = Hello(NODE, first, 0.0, b"", 0.0, nonce=bytes(16))
        second = await slow.greet(step)
        assert isinstance(second, Hello)
        clock.now += 10.0
        relive(there, 1)
        await there.mallory.calls("p1")
        with pytest.raises(Rejected, match="a life that has ended meanwhile"):
            await slow.greet(attrs.evolve(step, nonce=b"", echo=second.nonce))
        assert there.pair().failure is None


@pytest.mark.parametrize("by", ["OPEN", "message"])
async def test_an_open_binds_and_so_does_a_message_without_one(by: str) -> None:
    clock = Clock()
    async with lair(now=clock) as there:
        there.mallory.answer = silent_about_opens
        async with there.p1.session(1):
            voice = await there.mallory.calls("p1")
            if by == "OPEN":
                voice.says(Open(1, there.terms(), 0, 0, *ROOM))
            else:
                voice.says(segment(0, whole(0, b"bound")))
            await there.goes_on()
            assert not there.pair().heard
            clock.now += 10.0
            relive(there, 1)
            await there.mallory.calls("p1")
            assert isinstance(there.pair().failure, PeerRestarted)


def silent_about_opens(batch: Batch) -> Receipt:
    """Answer as one who has nothing open."""
    receipt = believed(batch)
    return Receipt([one._replace(status=Status.INACTIVE) for one in receipt.opens], receipt.flows)
