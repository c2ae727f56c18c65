"""Nobody waits for one that has ended: each end learns how the other ended, as it was."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.making import (
    ALICE,
    BOB,
    CAROL,
    Clock,
    Party,
    incarnation,
    settle,
    terms,
)
from partywire.delivery.limits import Limits
from partywire.delivery.records import Batch, Open, Status, label_slot
from partywire.delivery.states import State
from partywire.errors import PeerAborted, PeerLeft, PeerRestarted

BOTH = (ALICE, BOB)


def two(limits: Limits | None = None) -> tuple[Party, Party]:
    clock = Clock()
    return Party(ALICE, clock, limits, BOTH), Party(BOB, clock, limits, BOTH)


def restarted(party: Party, clock: Clock, other: Party) -> Party:
    """Return the next life of a party, greeted by the other one."""
    new = Party(party.name, clock, None, BOTH)
    new.incarnation = new.table.incarnation = incarnation(party.name, 1)
    new.greet(other.name, other.incarnation)
    other.table.peers[party.name].dispatch.lost()
    other.greet(party.name, new.incarnation)
    return new


@pytest.mark.parametrize("ending", [State.FINISHED, State.ABORTED])
def test_a_lingering_sender_that_is_parked_learns_that_the_other_end_stops(ending: State) -> None:
    alice, bob = two(Limits(mailbox_bytes=1))
    given = terms(labels=True)
    at_alice, at_bob = alice.open(1, given), bob.open(1, given)
    settle(alice, bob)
    for label in range(2):
        at_bob.pairs[ALICE].put(label_slot(label), b"x")
        bob.table.peers[ALICE].dispatch.rouse()
        settle(alice, bob)
    assert at_bob.pairs[ALICE].outbox.parked
    at_bob.leave()
    settle(alice, bob)
    at_alice.pairs[BOB].put(label_slot(0), b"nobody wants it")
    settle(alice, bob)
    assert at_alice.pairs[BOB].completed
    at_alice.leave() if ending is State.FINISHED else at_alice.abort("stopped")
    settle(alice, bob)
    assert (alice.table.state(1), bob.table.state(1)) == (ending, State.FINISHED)


def test_one_whose_last_answer_was_lost_is_not_left_waiting_by_an_abort() -> None:
    alice, bob = two()
    at_alice, at_bob = alice.open(), bob.open()
    settle(alice, bob)
    at_bob.pairs[ALICE].put(0, b"taken")
    at_bob.leave()
    (flight,) = bob.flights(ALICE)
    alice.table.accept(BOB, flight.batch)
    bob.table.peers[ALICE].dispatch.lost()
    bob.greet(ALICE, alice.incarnation)
    at_alice.abort("stopped")
    settle(alice, bob)
    assert bob.table.state(1) is State.FINISHED
    assert not bob.table.undelivered


@pytest.mark.parametrize("tell", [True, False])
def test_one_that_sends_into_a_failed_pair_is_told_why(tell: bool) -> None:
    alice, bob = two()
    at_alice, at_bob = alice.open(), bob.open()
    settle(alice, bob)
    at_alice.pairs[BOB].fail(PeerRestarted(1, BOB), tell=tell)
    at_bob.pairs[ALICE].put(0, b"x")
    settle(alice, bob)
    failure = at_bob.pairs[ALICE].failure
    assert isinstance(failure, PeerAborted)
    assert failure.says == "PeerRestarted"


def test_one_whose_pair_has_failed_is_told_so_also_when_the_session_was_left() -> None:
    alice, bob = two()
    at_alice, at_bob = alice.open(), bob.open()
    settle(alice, bob)
    at_alice.pairs[BOB].fail(PeerRestarted(1, BOB), tell=False)
    at_alice.leave()
    assert alice.table.state(1) is State.FINISHED
    at_bob.pairs[ALICE].put(0, b"x")
    settle(alice, bob)
    assert isinstance(at_bob.pairs[ALICE].failure, PeerAborted)


def test_one_that_is_cut_off_still_hears_of_the_end() -> None:
    """Its OPEN had been answered, so it does not ask again."""
    alice, bob = two(Limits(early_sessions=1))
    bob.open(9)
    at_bob = bob.open(1)
    settle(alice, bob)
    alice.table.peers[BOB].dispatch.lost()
    alice.open(1).abort("stopped")
    alice.greet(BOB, bob.incarnation)
    settle(alice, bob)
    failure = at_bob.pairs[ALICE].failure
    assert isinstance(failure, PeerAborted)
    assert failure.says == "stopped"


def test_one_pair_that_was_left_with_messages_says_nothing_to_others() -> None:
    clock = Clock()
    alice, bob, carol = (Party(name, clock) for name in (ALICE, BOB, CAROL))
    everybody = terms((ALICE, BOB, CAROL))
    local = alice.open(1, everybody)
    local.pairs[BOB].put(0, b"never taken")
    carol.open(1, everybody)
    settle(alice, carol)
    local.leave()
    settle(alice, carol)
    local.expire()
    assert alice.table.state(1) is State.UNDELIVERED
    towards = {
        peer.name: alice.table.accept(
            peer.name,
            Batch(peer.incarnation, alice.incarnation, [Open(1, everybody, 0, 0, 1, 1)], []),
        )
        .opens[0]
        .status
        for peer in (bob, carol)
    }
    assert towards == {BOB: Status.ABORTED, CAROL: Status.GONE}


def test_one_that_opens_after_the_sender_gave_up_lingering_is_not_told_that_all_was_taken() -> None:
    alice, bob = two(Limits(early_sessions=1))
    alice.open(2)
    settle(alice, bob)
    at_alice = alice.open(1)
    at_alice.pairs[BOB].put(0, b"never taken")
    settle(alice, bob)
    at_alice.leave()
    clock = alice.agenda.now
    assert isinstance(clock, Clock)
    clock.now = Limits().linger
    alice.agenda.run()
    settle(alice, bob)
    assert alice.table.state(1) is State.UNDELIVERED
    at_bob = bob.open(1)
    settle(alice, bob)
    assert isinstance(at_bob.pairs[ALICE].failure, PeerAborted)


def test_an_open_that_a_new_life_does_not_know_is_not_repeated_without_end() -> None:
    alice, bob = two()
    clock = alice.agenda.now
    assert isinstance(clock, Clock)
    at_alice = alice.open()
    bob.open()
    alice.flights(BOB)
    (flight,) = bob.flights(ALICE)
    alice.table.accept(BOB, flight.batch)
    new = restarted(bob, clock, alice)
    settle(alice, new)
    assert isinstance(at_alice.pairs[BOB].failure, PeerRestarted)


def test_an_open_that_crossed_one_before_the_session_was_known_is_repeated_once() -> None:
    alice, bob = two()
    at_alice = alice.open()
    (flight,) = alice.flights(BOB)
    receipt = bob.table.accept(ALICE, flight.batch)
    at_bob = bob.open()
    (other,) = bob.flights(ALICE)
    answer = alice.table.accept(BOB, other.batch)
    alice.answered(BOB, flight, receipt)
    bob.answered(ALICE, other, answer)
    settle(alice, bob)
    for local, peer in ((at_alice, BOB), (at_bob, ALICE)):
        pair = local.pairs[peer]
        assert (pair.opened, pair.heard, pair.announcing) == (True, True, False)


def test_a_receipt_that_took_a_message_binds_to_that_life() -> None:
    alice, bob = two()
    clock = alice.agenda.now
    assert isinstance(clock, Clock)
    at_alice = alice.open()
    pair = at_alice.pairs[BOB]
    bob.open()
    pair.put(0, b"x")
    (flight,) = alice.flights(BOB)
    receipt = bob.table.accept(ALICE, flight.batch)
    alice.answered(BOB, flight, receipt)
    pair.heard = False  # as where OPEN had to wait for a later batch than the message
    assert len(pair.outbox) == 0
    restarted(bob, clock, alice)
    assert isinstance(pair.failure, PeerRestarted)


def test_one_that_aborts_while_the_other_end_is_away_still_tells_it() -> None:
    alice, bob = two(Limits(early_lifetime=0.2))
    at_bob = bob.open()
    settle(alice, bob)
    clock = alice.agenda.now
    assert isinstance(clock, Clock)
    clock.now = 1.0
    alice.agenda.run()
    alice.table.peers[BOB].dispatch.lost()
    alice.open().abort("stopped")
    alice.greet(BOB, bob.incarnation)
    settle(alice, bob)
    failure = at_bob.pairs[ALICE].failure
    assert isinstance(failure, PeerAborted)
    assert failure.says == "stopped"


def test_an_answer_into_a_failed_pair_says_nothing_of_what_an_earlier_life_had_sent() -> None:
    alice, bob = two()
    clock = alice.agenda.now
    assert isinstance(clock, Clock)
    alice.open()
    at_bob = bob.open()
    for number in range(2):
        at_bob.pairs[ALICE].put(number, b"x")
    settle(alice, bob)
    new = restarted(bob, clock, alice)
    pair = new.open().pairs[ALICE]
    pair.put(0, b"again")
    settle(alice, new)
    assert isinstance(pair.failure, PeerAborted)


@pytest.mark.parametrize("leaves", [False, True])
def test_a_new_life_of_one_that_had_left_is_refused_and_told_why(leaves: bool) -> None:
    alice, bob = two()
    clock = alice.agenda.now
    assert isinstance(clock, Clock)
    at_alice, at_bob = alice.open(), bob.open()
    at_bob.pairs[ALICE].put(0, b"of the first life")
    at_bob.leave()
    settle(alice, bob)
    new = restarted(bob, clock, alice)
    if leaves:
        at_alice.leave()
    pair = new.open().pairs[ALICE]
    pair.put(0, b"of the second life")
    settle(alice, new)
    assert isinstance(pair.failure, PeerAborted)
    assert isinstance(at_alice.pairs[BOB].unread_error(), PeerLeft)
    if not leaves:
        assert pair.failure.says == "PeerRestarted"
        assert at_alice.pairs[BOB].take(0) == b"of the first life"
