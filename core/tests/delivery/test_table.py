"""All sessions of a node: what is taken, what is answered, what is remembered."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    Clock,
    Party,
    carry,
    incarnation,
    park,
    segment,
    settle,
    terms,
    whole,
)
from partywire.delivery.limits import MIB, Limits
from partywire.delivery.records import (
    MESSAGE_COST,
    Abort,
    Batch,
    Control,
    Fin,
    Grant,
    Open,
    OpenReceipt,
    Receipt,
    Status,
)
from partywire.delivery.states import State
from partywire.errors import (
    PeerAborted,
    PeerLeft,
    PeerRestarted,
    ProtocolViolation,
    SessionIdReused,
    TermsDiffer,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def two(clock: Clock, limits: Limits | None = None) -> tuple[Party, Party]:
    return Party(ALICE, clock, limits, [BOB]), Party(BOB, clock, limits, [ALICE])


def test_a_batch_of_or_for_another_life_is_stale(clock: Clock) -> None:
    alice, bob = two(clock)
    for sender, receiver in [
        (incarnation(ALICE, 7), bob.incarnation),
        (alice.incarnation, incarnation(BOB, 7)),
    ]:
        receipt = bob.table.accept(ALICE, Batch(sender, receiver, [], [segment(0)]))
        assert (receipt.stale, receipt.flows) == (True, [])


def test_a_sender_that_is_no_member_is_told_so(clock: Clock) -> None:
    alice = Party(ALICE, clock)
    alice.open(1, terms((ALICE, BOB)), [BOB])
    control = Open(1, terms(), 0, 0, 0, 0)
    batch = Batch(incarnation(CAROL), alice.incarnation, [control], [segment(0, whole(0, b"x"))])
    receipt = alice.table.accept(CAROL, batch)
    assert receipt.opens == [OpenReceipt(1, Status.NOT_MEMBER)]
    assert receipt.flows[0].status is Status.NOT_MEMBER


@pytest.mark.parametrize("control", [Abort(1, "stop"), Fin(1, 0), Grant(1, 9, 9, 9, 9)])
def test_a_control_record_of_one_that_is_no_member_does_nothing(
    clock: Clock, control: Control
) -> None:
    alice = Party(ALICE, clock)
    local = alice.open(1, terms((ALICE, BOB)), [BOB])
    batch = Batch(incarnation(CAROL), alice.incarnation, [control], [])
    assert alice.table.accept(CAROL, batch) == Receipt([], [])
    pair = local.pairs[BOB]
    assert (pair.failure, pair.left, pair.intake.final) == (None, False, None)
    assert len(alice.table.peers[CAROL].early) == 0


@pytest.mark.parametrize(("ending", "status"), [("leave", Status.GONE), ("abort", Status.ABORTED)])
def test_a_session_that_ended_answers_so_and_is_not_opened_again(
    clock: Clock, ending: str, status: Status
) -> None:
    alice, bob = two(clock)
    local = alice.open()
    bob.open()
    settle(alice, bob)
    if ending == "leave":
        local.leave()
    else:
        local.abort("KeyError")
    settle(alice, bob)
    batch = Batch(bob.incarnation, alice.incarnation, [], [segment(0, whole(0, b"x"))])
    assert alice.table.accept(BOB, batch).flows[0].status is status
    with pytest.raises(SessionIdReused):
        alice.open()


def test_a_lingering_session_answers_completed_until_all_is_delivered(clock: Clock) -> None:
    alice, bob = two(clock)
    local = alice.open()
    local.pairs[BOB].put(0, b"for later")
    settle(alice, bob)
    local.leave()
    settle(alice, bob)
    assert alice.table.state(1) is State.LINGERING
    other = bob.open()
    settle(alice, bob)
    assert alice.table.state(1) is State.FINISHED
    assert other.pairs[ALICE].take(0) == b"for later"
    assert isinstance(other.pairs[ALICE].unread_error(), PeerLeft)


def test_what_lingering_could_not_deliver_is_listed_and_told(clock: Clock) -> None:
    alice, bob = two(clock, Limits(linger=30.0))
    local = alice.open()
    local.pairs[BOB].put(0, bytes(MIB + 1))
    local.leave()
    settle(alice, bob)
    clock.now = 30.0
    alice.agenda.run()
    assert alice.table.state(1) is State.UNDELIVERED
    assert list(alice.table.undelivered) == [(1, BOB, 1)]
    settle(alice, bob)
    failure = bob.open().pairs[ALICE].failure
    assert isinstance(failure, PeerAborted)
    assert failure.says == "left with messages undelivered"


def test_fin_ahead_of_the_data_acts_when_it_is_reached(clock: Clock) -> None:
    alice, bob = two(clock)
    alice.open()
    pair = bob.open().pairs[ALICE]
    settle(alice, bob)
    lives = alice.incarnation, bob.incarnation
    bob.table.accept(ALICE, Batch(*lives, [Fin(1, 2)], [segment(0, whole(0, b"0"))]))
    assert pair.unread_error() is None
    bob.table.accept(ALICE, Batch(*lives, [], [segment(1, whole(1, b"1"))]))
    assert isinstance(pair.unread_error(), PeerLeft)
    assert (pair.take(0), pair.take(1)) == (b"0", b"1")


def test_abort_leaves_the_mailbox_readable_and_gives_the_rest_back(clock: Clock) -> None:
    alice, bob = two(clock)
    alice.open()
    pair = bob.open().pairs[ALICE]
    settle(alice, bob)
    woken: list[bool] = []
    park(pair, 1, lambda: woken.append(True))
    lives = alice.incarnation, bob.incarnation
    chunk = whole(1, bytes(5))._replace(total=50)
    bob.table.accept(ALICE, Batch(*lives, [], [segment(0, whole(0, b"0"), chunk)]))
    bob.table.accept(ALICE, Batch(*lives, [Abort(1, "ValueError")], []))
    assert woken == [True]
    assert isinstance(pair.slot_error(1), PeerAborted)
    assert pair.take(0) == b"0"
    assert bob.table.peers[ALICE].budget.held == 0


def test_a_difference_of_terms_is_named_on_both_sides(clock: Clock) -> None:
    alice, bob = two(clock)
    one = alice.open(1, terms(timing="synchronous"))
    other = bob.open(1, terms(labels=True))
    settle(alice, bob)
    for failure in (one.pairs[BOB].failure, other.pairs[ALICE].failure):
        assert isinstance(failure, TermsDiffer)
        assert [text.split()[0] for text in failure.differences] == ["timing", "labels"]


def test_a_peer_that_breaks_a_rule_fails_its_pair_and_no_other(clock: Clock) -> None:
    alice = Party(ALICE, clock)
    local = alice.open()
    batch = Batch(
        incarnation(BOB), alice.incarnation, [], [segment(0, whole(3, b""), whole(3, b""))]
    )
    alice.table.accept(BOB, batch)
    assert isinstance(local.pairs[BOB].failure, ProtocolViolation)
    assert local.pairs[CAROL].failure is None


def test_another_life_fails_what_was_bound_and_forgets_what_came_early(clock: Clock) -> None:
    alice, bob = two(clock)
    bound = alice.open(1)
    unbound = alice.open(2)
    bob.open(1).pairs[ALICE].put(0, b"of the first life")
    bob.open(3).pairs[ALICE].put(0, b"early")
    settle(alice, bob)
    alice.greet(BOB, incarnation(BOB, 1))
    assert isinstance(bound.pairs[BOB].failure, PeerRestarted)
    assert bound.pairs[BOB].take(0) == b"of the first life"
    assert unbound.pairs[BOB].failure is None
    assert len(alice.table.peers[BOB].early) == 0
    opens = [
        control.session
        for flight in alice.flights(BOB)
        for control in flight.batch.controls
        if isinstance(control, Open)
    ]
    assert opens == [2]


def test_the_same_life_again_changes_nothing(clock: Clock) -> None:
    alice, bob = two(clock)
    local = alice.open()
    bob.open()
    settle(alice, bob)
    alice.greet(BOB, bob.incarnation)
    assert local.pairs[BOB].failure is None


def test_a_budget_that_is_spent_feeds_the_round_that_is_read_and_then_the_oldest(
    clock: Clock,
) -> None:
    size = 1_000 - MESSAGE_COST
    limits = Limits(peer_bytes=1_000, largest_message=size)
    alice, bob = two(clock, limits)
    pairs = {number: alice.open(number).pairs[BOB] for number in (1, 2, 3)}
    for number in (1, 2, 3):
        bob.open(number)
    settle(alice, bob)
    alice.table.sessions()[1].next_round(1.0)
    lives = bob.incarnation, alice.incarnation
    for number, slot in ((1, 0), (2, 0), (3, 0)):
        batch = Batch(*lives, [], [segment(0, whole(slot, bytes(size)), session=number)])
        alice.table.accept(BOB, batch)
    alice.flights(BOB)
    assert [len(pairs[number].intake.mailbox.slots()) for number in (1, 2, 3)] == [1, 0, 0]
    pairs[1].take(0)
    alice.agenda.run()
    granted = [
        control.session
        for flight in alice.flights(BOB)
        for control in flight.batch.controls
        if isinstance(control, Grant)
    ]
    assert granted == [3]


def test_nothing_is_left_after_everybody_left(clock: Clock) -> None:
    alice, bob = two(clock)
    locals_ = [alice.open(), bob.open()]
    locals_[0].pairs[BOB].put(0, bytes(3_000_000))
    settle(alice, bob)
    for local in locals_:
        local.leave()
    settle(alice, bob)
    for party in (alice, bob):
        (peer,) = party.table.peers.values()
        assert (len(party.table), peer.budget.held, peer.dispatch.empty) == (0, 0, True)
    assert carry(alice, bob) == []
