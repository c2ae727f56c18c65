"""When a caller that was let in is sent away, and when it is not."""

from __future__ import annotations

import anyio
import pytest
from anyio.lowlevel import checkpoint

from core.tests.identity.desk import BATCH, FIRST, LIFE, Counts, Desk, fails, third
from partywire.delivery.hello import NONCE
from partywire.delivery.records import Batch, Receipt
from partywire.errors import Rejected
from partywire.identity import Evidence, Identity


async def test_a_batch_after_the_end_of_the_connection_is_rejected() -> None:
    bob = Desk().bob()
    await bob.greet(third(await bob.greet(FIRST)))
    bob.leave()
    with pytest.raises(Rejected):
        bob.accept_nowait(BATCH)


async def test_an_identity_that_ran_out_is_rejected() -> None:
    desk = Desk(valid_until=200.0)
    bob = desk.bob()
    await bob.greet(third(await bob.greet(FIRST)))
    bob.accept_nowait(BATCH)
    desk.now = 200.0
    with pytest.raises(Rejected, match="out of date"):
        bob.accept_nowait(BATCH)


async def test_a_caller_is_dismissed_when_its_identity_ends_without_a_batch_or_a_hello() -> None:
    desk = Desk(valid_until=200.0)
    greeted, silent = desk.bob(), desk.bob()
    await greeted.greet(third(await greeted.greet(FIRST)))
    desk.now = desk.clock = 199.0
    desk.agenda.run()
    assert not desk.dismissed
    desk.now = desk.clock = 200.0
    desk.agenda.run()
    assert [str(each) for each in desk.dismissed] == ["bob: its identity is out of date"] * 2
    assert desk.told == [("bob", LIFE), ("bob", b"hung up")]
    with pytest.raises(Rejected):
        greeted.accept_nowait(BATCH)
    with pytest.raises(Rejected):
        await silent.greet(FIRST)


def test_a_wall_clock_that_jumps_is_noticed_within_a_minute() -> None:
    desk = Desk(valid_until=1e9)
    desk.bob()
    desk.now = 1e9
    desk.clock = 60.0
    desk.agenda.run()
    assert len(desk.dismissed) == 1


async def test_a_wall_clock_that_was_set_back_gives_the_identity_its_time() -> None:
    desk = Desk(valid_until=200.0)
    bob = desk.bob()
    await bob.greet(third(await bob.greet(FIRST)))
    desk.now = 50.0
    desk.clock = 100.0
    desk.agenda.run()
    assert not desk.dismissed
    bob.accept_nowait(BATCH)


async def test_a_caller_that_leaves_in_the_moment_of_the_answer_was_never_here() -> None:
    desk = Desk()
    bob = desk.bob()
    second = await bob.greet(FIRST)

    def leaves() -> bytes:
        bob.leave()
        return b"roster"

    desk.roster = leaves
    with pytest.raises(Rejected, match="a connection that has ended"):
        await bob.greet(third(second))
    assert not desk.told
    with pytest.raises(Rejected):
        bob.accept_nowait(BATCH)


def test_a_caller_that_left_is_not_dismissed() -> None:
    desk = Desk(valid_until=200.0)
    desk.bob().leave()
    desk.now = desk.clock = 200.0
    desk.agenda.run()
    assert not desk.dismissed
    assert desk.agenda.next() is None


async def test_a_transport_that_fails_to_dismiss_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk(valid_until=200.0)
    kept = desk.reception.arrive(Evidence("bob", "somewhere"), fails)
    desk.bob()
    desk.now = desk.clock = 200.0
    desk.agenda.run()
    assert len(desk.dismissed) == 1
    assert "failed to end a connection of bob" in caplog.text
    desk.roster = untouched
    with pytest.raises(Rejected):
        await kept.greet(FIRST)


def untouched() -> bytes:
    raise AssertionError("an answer is prepared")


class Fails(Counts):
    """A router of a plugin, with a bug."""

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        raise KeyError(batch.sender)

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt:
        raise KeyError(batch.sender)


async def test_a_router_that_fails_ends_that_connection_and_nothing_else() -> None:
    """The transport sees one of our errors, whichever way it hands the batch in."""
    desk = Desk(router=Fails())
    visitor = desk.bob()
    await visitor.greet(third(await visitor.greet(FIRST)))
    batch = Batch(LIFE, b"a" * NONCE, [], [])
    with pytest.raises(Rejected, match="bob: the router failed with KeyError"):
        visitor.accept_nowait(batch)
    with pytest.raises(Rejected, match="bob: the router failed with KeyError"):
        await visitor.accept(batch)


class Slow(Counts):
    """A router that takes its time, and counts how many batches it has at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = self.most = 0

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        self.busy += 1
        self.most = max(self.most, self.busy)
        for _ in range(3):
            await checkpoint()
        self.busy -= 1
        return Receipt([], [])


async def test_a_router_gets_one_batch_of_a_peer_at_a_time_across_its_connections() -> None:
    router = Slow()
    desk = Desk(router=router)
    visitors = [desk.bob() for _ in range(3)]
    async with anyio.create_task_group() as group:
        for visitor in visitors:
            await visitor.greet(third(await visitor.greet(FIRST)))
            group.start_soon(visitor.accept, BATCH)
        while not router.busy:
            await checkpoint()
        assert visitors[0].accept_nowait(BATCH) is None
    assert (router.most, router.taken) == (1, 0)
