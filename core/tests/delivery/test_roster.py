"""The roster changes: who is new is a peer like any other, and of who is gone nothing stays."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    EVERYBODY,
    Clock,
    Party,
    incarnation,
    park,
    segment,
    settle,
    terms,
    whole,
)
from partywire.delivery.records import Batch, Status
from partywire.delivery.states import State
from partywire.errors import NotInRoster, PeerLeft, PeerRemoved, PeerUnreachable, Rejected

THREE = terms(EVERYBODY)


def three() -> tuple[Party, Party, Party]:
    clock = Clock()
    alice, bob, carol = (Party(name, clock) for name in EVERYBODY)
    return alice, bob, carol


def test_the_pairs_of_one_that_was_removed_fail_and_no_others() -> None:
    alice, bob, carol = three()
    for party in (alice, bob, carol):
        party.open(1, THREE)
    settle(alice, bob, carol)
    local = alice.table.sessions()[0]
    woken: list[int] = []
    park(local.pairs[CAROL], 0, lambda: woken.append(1))
    local.pairs[CAROL].put(0, b"to nobody")
    alice.table.remove(CAROL)
    assert woken == [1]
    assert isinstance(local.pairs[CAROL].failure, PeerRemoved)
    assert len(local.pairs[CAROL].outbox) == 0
    assert local.pairs[BOB].failure is None
    local.pairs[BOB].put(0, b"to bob")
    settle(alice, bob)
    assert bob.table.sessions()[0].pairs[ALICE].take(0) == b"to bob"


def test_a_session_that_lingers_for_one_that_was_removed_ends() -> None:
    alice, bob, _ = three()
    local = alice.open(1, terms((ALICE, CAROL)), [CAROL])
    local.pairs[CAROL].put(0, b"to nobody")
    local.leave()
    assert not local.over
    alice.table.remove(CAROL)
    assert local.state is State.FINISHED
    assert not alice.table.undelivered
    assert not bob.table.sessions()


def test_one_that_had_left_before_it_was_removed_has_left() -> None:
    alice, _, carol = three()
    ours, theirs = (
        party.open(1, terms((ALICE, CAROL)), [other])
        for party, other in ((alice, CAROL), (carol, ALICE))
    )
    settle(alice, carol)
    theirs.leave()
    settle(alice, carol)
    alice.table.remove(CAROL)
    assert isinstance(ours.pairs[CAROL].unread_error(), PeerLeft)


def test_what_came_early_is_forgotten_and_nobody_is_missed() -> None:
    alice, _, carol = three()
    carol.open(1, THREE).pairs[ALICE].put(0, b"early")
    for flight in carol.flights(ALICE):
        alice.table.accept(CAROL, flight.batch)
    removed = alice.table.peers[CAROL]
    assert removed.early.cost > 0
    removed.unreached.begin()
    removed.uncalled.begin()
    alice.table.remove(CAROL)
    assert (removed.early.cost, removed.budget.held) == (0, 0)
    assert alice.agenda.next() is None
    assert alice.table.state(1) is State.UNKNOWN


def test_a_batch_of_one_that_was_removed_is_rejected() -> None:
    alice, bob, _ = three()
    alice.table.remove(CAROL)
    batch = Batch(incarnation(CAROL), alice.incarnation, [], [segment(0, whole(0, b"x"))])
    with pytest.raises(Rejected, match="not in the roster any more"):
        alice.table.accept(CAROL, batch)
    assert not alice.table.accept(BOB, Batch(bob.incarnation, alice.incarnation, [], [])).stale


def test_a_session_with_one_that_was_removed_is_not_opened() -> None:
    alice, _, _ = three()
    alice.table.remove(CAROL)
    with pytest.raises(NotInRoster):
        alice.open(1, THREE, [BOB, CAROL])
    assert not alice.table.sessions()
    assert alice.table.state(1) is State.UNKNOWN


def test_one_that_was_added_is_a_peer_like_any_other() -> None:
    clock = Clock()
    alice, carol = Party(ALICE, clock, others=[BOB]), Party(CAROL, clock)
    alice.table.add(CAROL)
    alice.greet(CAROL, incarnation(CAROL))
    given = terms((ALICE, CAROL))
    alice.open(1, given, [CAROL]).pairs[CAROL].put(0, b"welcome")
    there = carol.open(1, given, [ALICE])
    settle(alice, carol)
    assert there.pairs[ALICE].take(0) == b"welcome"
    alice.table.peers[CAROL].unreached.begin()
    clock.now = alice.table.limits.give_up
    alice.agenda.run()
    failure = alice.table.sessions()[0].pairs[CAROL].failure
    assert isinstance(failure, PeerUnreachable)


def test_what_failed_stays_failed_when_the_party_is_added_again() -> None:
    alice, _, carol = three()
    ours, _ = (
        party.open(1, terms((ALICE, CAROL)), [other])
        for party, other in ((alice, CAROL), (carol, ALICE))
    )
    settle(alice, carol)
    alice.table.remove(CAROL)
    alice.table.add(CAROL)
    alice.greet(CAROL, incarnation(CAROL))
    carol.table.sessions()[0].pairs[ALICE].put(0, b"as if nothing had been")
    (flight,) = carol.flights(ALICE)
    receipt = alice.table.accept(CAROL, flight.batch)
    assert [flow.status for flow in receipt.flows] == [Status.ABORTED]
    assert isinstance(ours.pairs[CAROL].failure, PeerRemoved)
    carol.answered(ALICE, flight, receipt)
    settle(alice, carol)
    told = carol.table.sessions()[0].pairs[ALICE].failure
    assert told is not None
    assert "PeerRemoved" in str(told)
