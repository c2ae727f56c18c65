"""What goes out on a wire of single calls, answer by answer."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.calling import PAUSE, Caller, payload, put, take
from core.tests.delivery.support.making import BOB, Clock
from partywire.delivery.limits import Limits
from partywire.delivery.records import MESSAGE_COST, Status
from partywire.delivery.states import State
from partywire.delivery.words import why_no_room
from partywire.errors import NotAMember, PeerLeft, PeerRefused, PeerStalled, ProtocolViolation

ACTIVE, INACTIVE, COMPLETED, FULL = Status.ACTIVE, Status.INACTIVE, Status.COMPLETED, Status.FULL


def alice(limits: Limits | None = None) -> Caller:
    return Caller(Clock(), limits)


def test_one_call_for_each_session_and_the_next_after_its_answer() -> None:
    party = alice()
    put(party.open(1), 0, 1)
    put(party.open(2), 0)
    first, other = party.begun()
    assert (first.pair.session.id, other.pair.session.id) == (1, 2)
    assert party.begun() == []
    party.calls[BOB].answered(first, ACTIVE)
    (second,) = party.begun()
    assert (second.pair.session.id, second.round, second.payload) == (1, 1, payload(1))


@pytest.mark.parametrize("status", [ACTIVE, INACTIVE])
def test_what_was_answered_is_in_the_peers_hands(status: Status) -> None:
    party = alice()
    pair = put(party.open(), 0)
    (call,) = party.begun()
    party.calls[BOB].answered(call, status)
    assert len(pair.outbox) == 0
    assert party.calls[BOB].empty


def test_a_session_counts_as_open_over_there() -> None:
    pair = alice().open().pairs[BOB]
    assert (pair.opened, pair.heard, pair.announcing) == (True, True, False)


def test_who_leaves_lingers_until_the_last_call_is_answered() -> None:
    party = alice()
    local = party.open()
    put(local, 0, 1)
    local.leave()
    for _ in range(2):
        assert party.table.state(1) is State.LINGERING
        (call,) = party.begun()
        party.calls[BOB].answered(call, ACTIVE)
    assert party.table.state(1) is State.FINISHED


def test_a_peer_that_has_completed_gets_no_more() -> None:
    party = alice()
    pair = put(party.open(), 0, 1, 2)
    (call,) = party.begun()
    party.calls[BOB].answered(call, COMPLETED)
    assert party.begun() == []
    assert pair.completed
    assert pair.discarded == 3


def test_one_that_has_completed_has_left_after_a_grace_in_which_nothing_came() -> None:
    party = alice(Limits(completed_grace=60.0))
    pair = put(party.open(), 0)
    (call,) = party.begun()
    party.calls[BOB].answered(call, COMPLETED)
    party.later(59.0)
    assert pair.unread_error() is None
    assert take(party, 1, 0, b"late") is ACTIVE
    party.later(59.0)
    assert pair.unread_error() is None
    party.later(61.0)
    assert isinstance(pair.unread_error(), PeerLeft)
    assert pair.take(0) == b"late"


def test_a_full_queue_is_tried_again_after_a_pause_and_the_rest_waits_behind() -> None:
    party = alice()
    pair = put(party.open(), 0, 1)
    (call,) = party.begun()
    party.calls[BOB].answered(call, FULL)
    assert party.begun() == []
    assert "no room" in why_no_room(pair)
    party.later(PAUSE)
    (again,) = party.begun()
    assert (again.number, again.round) == (0, 0)
    assert "no room" in why_no_room(pair)
    party.calls[BOB].answered(again, ACTIVE)
    assert why_no_room(pair) == ""


def test_one_that_never_has_room_is_given_up() -> None:
    party = alice(Limits(full_timeout=300.0))
    pair = put(party.open(), 0)
    for _ in range(3):
        (call,) = party.begun()
        party.calls[BOB].answered(call, FULL)
        party.later(100.0)
    assert isinstance(pair.failure, PeerStalled)
    assert "no room" in pair.failure.doing
    assert party.begun() == []


def test_room_in_between_begins_the_time_anew() -> None:
    party = alice(Limits(full_timeout=300.0))
    pair = put(party.open(), 0, 1)
    for status in (FULL, ACTIVE, FULL):
        (call,) = party.begun()
        party.calls[BOB].answered(call, status)
        party.later(200.0)
    assert pair.failure is None
    assert [call.round for call in party.begun()] == [1]


def test_a_call_without_an_answer_is_made_again_in_its_place() -> None:
    party = alice()
    pair = put(party.open(), 0, 1)
    (call,) = party.begun()
    party.calls[BOB].failed(call, "UNAVAILABLE")
    assert why_no_room(pair) == "UNAVAILABLE"
    party.later(PAUSE)
    (again,) = party.begun()
    assert (again.number, again.payload) == (0, payload(0))
    assert pair.retries == 1


def test_what_is_refused_for_good_fails_its_pair_alone() -> None:
    party = alice()
    pair, other = put(party.open(1), 0), put(party.open(2), 0)
    first, second = party.begun()
    party.calls[BOB].refused(first, "UNAUTHENTICATED: wrong sender")
    assert isinstance(pair.failure, PeerRefused)
    assert "wrong sender" in str(pair.failure)
    party.calls[BOB].answered(second, ACTIVE)
    assert other.failure is None
    party.later(10.0)
    assert party.begun() == []


def test_a_peer_that_does_not_have_us_in_the_session_fails_the_pair() -> None:
    party = alice()
    pair = put(party.open(), 0)
    (call,) = party.begun()
    party.calls[BOB].answered(call, Status.NOT_MEMBER)
    assert isinstance(pair.failure, NotAMember)


def test_a_status_that_this_wire_does_not_have_breaks_the_protocol() -> None:
    party = alice()
    pair = put(party.open(), 0)
    (call,) = party.begun()
    party.calls[BOB].answered(call, Status.GAP)
    assert isinstance(pair.failure, ProtocolViolation)


def test_what_was_on_its_way_when_the_connection_broke_is_sent_again() -> None:
    party = alice()
    put(party.open(1), 0), put(party.open(2), 0)
    lost = party.begun()
    party.calls[BOB].lost()
    again = party.begun()
    assert [call.number for call in again] == [0, 0]
    party.calls[BOB].answered(lost[0], ACTIVE)
    assert len(again[0].pair.outbox) == 1


def test_calls_on_the_way_are_bounded_in_number() -> None:
    party = alice(Limits(calls=2))
    for session in range(3):
        put(party.open(session), 0)
    first, _ = party.begun()
    woken: list[None] = []
    party.calls[BOB].wake = lambda: woken.append(None)
    party.calls[BOB].answered(first, ACTIVE)
    assert woken
    assert [call.pair.session.id for call in party.begun()] == [2]


def test_calls_on_the_way_are_bounded_in_bytes_but_for_one() -> None:
    party = alice(Limits(window=2 * MESSAGE_COST))
    for session in range(3):
        party.open(session).pairs[BOB].put(0, bytes(1 << 20))
    (first,) = party.begun()
    party.calls[BOB].answered(first, ACTIVE)
    assert len(party.begun()) == 1


def test_sessions_take_turns() -> None:
    party = alice(Limits(calls=1))
    for session in (1, 2):
        put(party.open(session), 0, 1)
    order = []
    for _ in range(4):
        (call,) = party.begun()
        order.append((call.pair.session.id, call.round))
        party.calls[BOB].answered(call, ACTIVE)
    assert order == [(1, 0), (2, 0), (1, 1), (2, 1)]


def test_a_session_that_ends_gives_up_what_is_on_its_way() -> None:
    party = alice(Limits(calls=1))
    local = party.open(1)
    put(local, 0)
    put(party.open(2), 0)
    (call,) = party.begun()
    ended: list[None] = []
    call.end = lambda: ended.append(None)
    local.abort("stopped")
    assert ended
    assert [call.pair.session.id for call in party.begun()] == [2]


def test_an_outbox_has_room_for_seventy_messages() -> None:
    pair = put(alice().open(), *range(69))
    assert pair.outbox.has_room(1)
    pair.put(69, b"x")
    assert not pair.outbox.has_room(1)


def test_a_payload_stays_out_of_every_repr() -> None:
    party = alice()
    put(party.open(), 0)
    (call,) = party.begun()
    assert "of round" not in repr(call)
