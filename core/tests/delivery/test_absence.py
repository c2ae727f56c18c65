"""A peer that cannot be reached is given up, and nothing else is."""

from __future__ import annotations

from core.tests.delivery.support.making import BOB, CAROL, Clock, Party, terms
from partywire.delivery.limits import Limits
from partywire.errors import PeerUnreachable


def alice() -> tuple[Clock, Party]:
    clock = Clock()
    return clock, Party("alice.example", clock, Limits(give_up=60.0))


def failures_at(clock: Clock, party: Party, session: int, *times: float) -> list[bool]:
    """Tell for each time whether Bob's pair of a session has failed by then."""
    (local,) = [found for found in party.table.sessions() if found.id == session]
    seen = []
    for clock.now in times:
        party.agenda.run()
        seen.append(local.pairs[BOB].failure is not None)
    return seen


def test_a_pair_is_given_up_after_the_limit_and_not_before() -> None:
    clock, party = alice()
    local = party.open()
    party.table.peers[BOB].link = "nobody answers"
    clock.now = 10.0
    party.table.peers[BOB].unreached.begin()
    assert failures_at(clock, party, 1, 69.9, 70.0) == [False, True]
    failure = local.pairs[BOB].failure
    assert isinstance(failure, PeerUnreachable)
    assert (failure.seconds, failure.link) == (60.0, "nobody answers")
    assert local.pairs[CAROL].failure is None


def test_the_first_failure_counts_and_reaching_the_peer_ends_it() -> None:
    clock, party = alice()
    party.open()
    absence = party.table.peers[BOB].unreached
    absence.begin()
    clock.now = 50.0
    absence.begin()
    absence.end()
    assert failures_at(clock, party, 1, 1_000.0) == [False]
    absence.begin()
    clock.now = 1_050.0
    absence.begin()
    assert failures_at(clock, party, 1, 1_059.0, 1_060.0) == [False, True]


def test_one_that_is_reached_and_does_not_come_back_is_given_up_too() -> None:
    clock, party = alice()
    local = party.open()
    party.table.peers[BOB].uncalled.begin()
    assert failures_at(clock, party, 1, 59.9, 60.0) == [False, True]
    assert "it has not connected to us" in str(local.pairs[BOB].failure)


def test_a_session_that_opens_later_has_the_whole_time() -> None:
    clock, party = alice()
    party.table.peers[BOB].unreached.begin()
    clock.now = 60.0
    party.agenda.run()
    clock.now = 70.0
    party.open()
    assert failures_at(clock, party, 1, 120.0, 129.0, 130.0) == [False, False, True]


def test_a_synchronous_session_waits_for_its_deadline_too() -> None:
    clock, party = alice()
    local = party.open(1, terms(timing="synchronous"))
    assert local.clock is not None
    local.clock.start(0.0)
    party.table.peers[BOB].unreached.begin()
    assert failures_at(clock, party, 1, 60.0, 119.0, 120.0) == [False, False, True]
