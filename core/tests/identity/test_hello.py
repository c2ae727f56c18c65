"""The hello: an incarnation is believed once its echo proves that it is alive."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest
from anyio.lowlevel import checkpoint

from partywire.delivery.agenda import Agenda
from partywire.delivery.filler import filler
from partywire.delivery.hello import (
    MAX_SLOT,
    NONCE,
    PROBE,
    Hello,
    HelloAnswer,
    Way,
    WayBack,
    Welcome,
    roster_fingerprint,
)
from partywire.delivery.records import (
    CHUNK,
    Batch,
    Fin,
    FlowReceipt,
    Receipt,
    Record,
    Segment,
    Status,
)
from partywire.errors import IdentityMismatch, Rejected, TransportError
from partywire.identity import Evidence, Identity, Verdict
from partywire.interfaces import IdentityVerifier, SessionRouter
from partywire.node.introduction import Acquaintance, Introduction
from partywire.node.reception import Reception
from partywire.node.surroundings import Surroundings
from partywire.node.visitor import House, Visitor

if TYPE_CHECKING:
    from partywire.node.bell import Bell
    from partywire.node.prover import Prover

LIFE = b"b" * NONCE
PATIENCE = 0.02
"""Seconds."""
FIRST = Hello("node", LIFE, 0.0, b"roster", 0.0, nonce=b"n" * NONCE)


class Believes(IdentityVerifier):
    """Believes everybody, for a while."""

    def __init__(self, valid_until: float | None = None) -> None:
        self.valid_until = valid_until

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        return Verdict(expected, self.valid_until)


class Counts(SessionRouter):
    """Counts what gets through."""

    def __init__(self) -> None:
        self.taken = 0

    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        raise NotImplementedError

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt:
        self.taken += 1
        return Receipt([], [])


def fails(problem: TransportError) -> None:
    raise AssertionError(problem)


class Desk:
    """Alice's reception, with a wall clock that the test holds."""

    def __init__(
        self,
        valid_until: float | None = None,
        router: Counts | None = None,
        prover: Prover | None = None,
    ) -> None:
        self.now = 100.0
        self.told: list[tuple[str, bytes]] = []
        self.router = router or Counts()
        introduction = Introduction(
            "alice",
            b"a" * NONCE,
            0.0,
            lambda: b"roster",
            Surroundings(now=lambda: 0.0, wall=lambda: self.now),
            prover=prover,
        )
        self.clock = 0.0
        self.agenda = Agenda(lambda: self.clock)
        self.dismissed: list[TransportError] = []
        self.room: Bell | None = None
        """Of a peer of single calls; None for one of batches."""
        house = House(
            self.router, introduction, self.agenda, self, patience=PATIENCE, proof_lifetime=60.0
        )
        self.reception = Reception(["bob"], [Believes(valid_until)], house)

    def greeted(self, party: str, there: Acquaintance) -> None:
        self.told.append((party, there.hello.incarnation))

    def hung_up(self, party: str) -> None:
        self.told.append((party, b"hung up"))

    def called(self, party: str) -> None:
        self.told.append((party, b"called"))

    def unary(self, _: str) -> bool:
        return self.room is not None

    def room_of(self, _: str) -> Bell:
        assert self.room is not None
        return self.room

    def way_back(self, party: str) -> WayBack:
        return {"bob": WayBack(Way.UNREACHABLE, 7.0)}[party]

    def bob(self) -> Visitor:
        return self.reception.arrive(Evidence("bob", "somewhere"), self.dismissed.append)


def third(second: HelloAnswer, **changes: Any) -> Hello:
    assert isinstance(second, Hello)
    return attrs.evolve(FIRST, nonce=b"", echo=second.nonce, **changes)


BATCH = Batch(LIFE, b"a" * NONCE, [], [])


async def test_three_steps_and_then_batches_are_taken() -> None:
    desk = Desk()
    bob = desk.bob()
    second = await bob.greet(FIRST)
    assert isinstance(second, Hello)
    assert (second.echo, len(second.nonce)) == (FIRST.nonce, NONCE)
    assert desk.told == []
    assert await bob.greet(third(second)) == Welcome(roster_agrees=True)
    assert desk.told == [("bob", LIFE)]
    assert bob.accept_nowait(BATCH) == Receipt([], [])


async def test_another_roster_is_a_warning_and_no_refusal() -> None:
    bob = Desk().bob()
    assert await bob.greet(third(await bob.greet(FIRST), roster=b"other")) == Welcome(
        roster_agrees=False
    )


async def test_a_batch_before_the_hello_is_rejected() -> None:
    desk = Desk()
    bob = desk.bob()
    await bob.greet(FIRST)
    with pytest.raises(Rejected, match="greeted"):
        bob.accept_nowait(BATCH)
    assert desk.router.taken == 0


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
    with pytest.raises(Rejected):
        await kept.greet(FIRST)


async def test_an_echo_of_another_connection_proves_nothing() -> None:
    desk = Desk()
    replayed = third(await desk.bob().greet(FIRST))
    bob = desk.bob()
    await bob.greet(FIRST)
    with pytest.raises(Rejected, match="echo"):
        await bob.greet(replayed)
    assert desk.told == []


async def test_the_incarnation_cannot_change_on_the_way() -> None:
    bob = Desk().bob()
    with pytest.raises(Rejected, match="echo"):
        await bob.greet(third(await bob.greet(FIRST), incarnation=b"c" * NONCE))


async def test_a_fourth_step_is_rejected() -> None:
    bob = Desk().bob()
    last = third(await bob.greet(FIRST))
    await bob.greet(last)
    with pytest.raises(Rejected):
        await bob.greet(last)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": 0},
        {"kind": "else"},
        {"incarnation": b"short"},
        {"nonce": b""},
        {"nonce": b"n" * (NONCE + 1)},
        {"slot": bytes(MAX_SLOT + 1)},
    ],
    ids=str,
)
async def test_a_first_step_that_is_none_is_rejected(changes: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        await Desk().bob().greet(attrs.evolve(FIRST, **changes))


async def test_a_probe_is_answered_and_changes_nothing() -> None:
    desk = Desk()
    bob = desk.bob()
    second = await bob.greet(attrs.evolve(FIRST, kind=PROBE))
    assert isinstance(await bob.greet(third(second, kind=PROBE)), Welcome)
    bob.accept_nowait(BATCH)
    with pytest.raises(Rejected, match="outside of a greeted connection"):
        bob.accept_nowait(BATCH)
    assert desk.told == []
    assert desk.router.taken == 0


async def test_a_probe_and_nobody_else_is_told_of_the_way_back() -> None:
    desk = Desk()
    probe, node = desk.bob(), desk.bob()
    end = await probe.greet(third(await probe.greet(attrs.evolve(FIRST, kind=PROBE)), kind=PROBE))
    assert end == Welcome(True, WayBack(Way.UNREACHABLE, 7.0))
    assert await node.greet(third(await node.greet(FIRST))) == Welcome(True)


async def probing(desk: Desk) -> Visitor:
    """A probe of Bob that was greeted."""
    bob = desk.bob()
    await bob.greet(third(await bob.greet(attrs.evolve(FIRST, kind=PROBE)), kind=PROBE))
    return bob


async def test_filler_of_a_probe_is_answered_once_and_thrown_away() -> None:
    desk = Desk()
    answer = Receipt([], [FlowReceipt(0, Status.NOT_MEMBER, 0, 0, 0, 0)])
    batch = filler(LIFE, b"a" * NONCE, bytes(CHUNK))
    one, other = await probing(desk), await probing(desk)
    assert one.accept_nowait(batch) == answer
    assert await other.accept(batch) == answer
    for bob in (one, other):
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            bob.accept_nowait(batch)
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            await bob.accept(batch)
    assert desk.router.taken == 0


FILLER = filler(LIFE, b"a" * NONCE, b"")
(SEGMENT,) = FILLER.segments


@pytest.mark.parametrize(
    "batch",
    [
        filler(LIFE, b"a" * NONCE, bytes(CHUNK + 1)),
        attrs.evolve(FILLER, controls=[Fin(1, 0)]),
        attrs.evolve(FILLER, segments=[SEGMENT, SEGMENT]),
        attrs.evolve(FILLER, segments=[attrs.evolve(SEGMENT, records=SEGMENT.records * 2)]),
    ],
    ids=["large", "control record", "segments", "records"],
)
async def test_what_is_no_filler_ends_the_connection_of_a_probe(batch: Batch) -> None:
    desk = Desk()
    bob = await probing(desk)
    with pytest.raises(Rejected, match="no filler"):
        bob.accept_nowait(batch)
    with pytest.raises(Rejected):
        bob.accept_nowait(FILLER)
    assert desk.router.taken == 0


async def test_filler_is_taken_while_the_identity_holds() -> None:
    desk = Desk(valid_until=200.0)
    late, gone = await probing(desk), await probing(desk)
    desk.now = 200.0
    with pytest.raises(Rejected, match="out of date"):
        late.accept_nowait(FILLER)
    gone.leave()
    with pytest.raises(Rejected, match="greeted"):
        gone.accept_nowait(FILLER)


def test_a_caller_without_a_name_is_told_so() -> None:
    with pytest.raises(IdentityMismatch) as caught:
        Desk().reception.arrive(Evidence("", "somewhere"), fails)
    told = "identity of a nameless caller refused: it does not name exactly one party"
    assert str(caught.value) == told


async def test_filler_is_answered_in_the_memory_of_it_alone() -> None:
    """Nothing holds on to what was thrown away."""
    desk = Desk()
    data = memoryview(bytearray(CHUNK))
    batch = Batch(LIFE, b"a" * NONCE, [], [Segment(1, 0, 0, [Record(0, 0, CHUNK, data)])])
    (await probing(desk)).accept_nowait(batch)
    del batch
    assert sys.getrefcount(data) == 2


def test_who_is_not_in_the_roster_is_not_even_judged() -> None:
    with pytest.raises(IdentityMismatch, match="no such party") as caught:
        Desk().reception.arrive(Evidence("mallory\n\x1b[31m", "somewhere"), fails)
    assert "\x1b" not in str(caught.value)


def test_the_fingerprint_is_of_parties_and_proofs_in_any_order() -> None:
    entries = [("alice", "1"), ("bob", "2")]
    assert roster_fingerprint(entries) == roster_fingerprint(reversed(entries))
    assert roster_fingerprint(entries) != roster_fingerprint([("alice", "2"), ("bob", "1")])


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
