"""What comes in message by message: at most once, and the first one of a round wins."""

from __future__ import annotations

import pytest

from core.tests.delivery.support.calling import Caller, payload, put, take
from core.tests.delivery.support.making import ALICE, BOB, CAROL, Clock, park
from partywire.delivery.limits import Limits
from partywire.delivery.records import Status
from partywire.errors import PeerRefused, Rejected

ACTIVE, INACTIVE, COMPLETED = Status.ACTIVE, Status.INACTIVE, Status.COMPLETED
FULL, QUOTA = Status.FULL, Status.QUOTA


def alice(limits: Limits | None = None) -> Caller:
    return Caller(Clock(), limits)


def test_a_message_reaches_the_call_that_waits_for_it() -> None:
    party = alice()
    pair = party.open().pairs[BOB]
    woken: list[None] = []
    park(pair, 0, lambda: woken.append(None))
    assert take(party, 1, 0) is ACTIVE
    assert woken
    assert pair.take(0) == payload(0)


def test_the_first_one_of_a_round_wins_and_the_second_is_answered_alike() -> None:
    party = alice()
    pair = party.open().pairs[BOB]
    assert [take(party, 1, 0, b"first"), take(party, 1, 0, b"second")] == [ACTIVE, ACTIVE]
    assert pair.take(0) == b"first"
    assert pair.intake.duplicates == 1
    assert take(party, 1, 0, b"first") is ACTIVE
    assert 0 not in pair.intake.mailbox


def test_what_came_before_the_session_was_opened_is_kept_and_not_lost() -> None:
    party = alice()
    assert [take(party, 1, number) for number in (0, 1, 1, 32)] == [INACTIVE] * 4
    pair = party.open().pairs[BOB]
    assert [pair.take(number) for number in (0, 1, 32)] == [payload(n) for n in (0, 1, 32)]


def test_an_early_message_may_be_large() -> None:
    party = alice()
    data = bytes(Limits().early_message + 1)
    assert take(party, 1, 0, data) is INACTIVE
    assert party.open().pairs[BOB].take(0) == data


@pytest.mark.parametrize(
    ("limits", "number", "size"),
    [
        (Limits(), 33, 1),
        (Limits(early_bytes=1000), 0, 1000),
        (Limits(largest_message=10), 0, 11),
        (Limits(mailbox_bytes=1000), 0, 1000),
        (Limits(peer_bytes=1000), 0, 1000),
    ],
)
def test_only_what_will_have_room_is_kept(limits: Limits, number: int, size: int) -> None:
    party = alice(limits)
    assert take(party, 1, number, bytes(size)) is QUOTA
    assert number not in party.open().pairs[BOB].intake.mailbox


def test_what_was_kept_too_long_is_lost_and_that_is_said() -> None:
    party = alice(Limits(early_lifetime=900.0))
    told: list[tuple[int, int]] = []
    party.table.peers[BOB].early.dropped = lambda session, count: told.append((session, count))
    take(party, 7, 0), take(party, 7, 1), take(party, 8, 0)
    party.open(8)
    party.later(901.0)
    assert told == [(7, 2)]
    assert 0 not in party.open(7).pairs[BOB].intake.mailbox


def test_what_is_kept_for_a_peer_that_is_removed_is_lost_and_that_is_said() -> None:
    party = alice()
    told: list[tuple[int, int]] = []
    party.table.peers[BOB].early.dropped = lambda session, count: told.append((session, count))
    take(party, 7, 0)
    party.table.remove(BOB)
    assert told == [(7, 1)]


def test_what_is_refused_takes_no_early_session() -> None:
    party = alice(Limits(early_sessions=1))
    assert take(party, 1, 33) is QUOTA
    assert take(party, 2, 0) is INACTIVE


def test_early_sessions_are_bounded() -> None:
    party = alice(Limits(early_sessions=2))
    assert [take(party, session, 0) for session in (1, 2, 3)] == [INACTIVE, INACTIVE, QUOTA]


def test_beyond_the_look_ahead_there_is_no_room_until_the_session_goes_on() -> None:
    party = alice(Limits(look_ahead=2))
    local = party.open()
    told: list[None] = []
    party.calls[BOB].on_room = lambda: told.append(None)
    assert take(party, 1, 3) is FULL
    assert not told
    local.next_round(120.0)
    party.later(1.0)
    assert told
    assert take(party, 1, 3) is ACTIVE


def test_a_full_mailbox_says_when_it_has_room() -> None:
    party = alice(Limits(mailbox_messages=2))
    pair = party.open().pairs[BOB]
    told: list[None] = []
    assert [take(party, 1, number) for number in (0, 1, 2)] == [ACTIVE, ACTIVE, FULL]
    party.calls[BOB].on_room = lambda: told.append(None)
    pair.take(0)
    party.later(1.0)
    assert told
    assert take(party, 1, 2) is ACTIVE


def test_one_that_gave_a_refused_message_up_may_come_with_the_next() -> None:
    party = alice(Limits(look_ahead=2))
    pair = party.open().pairs[BOB]
    assert take(party, 1, 3) is FULL
    assert take(party, 1, 1) is ACTIVE
    assert pair.failure is None


def test_who_is_not_in_the_session_is_told() -> None:
    party = Caller(Clock(), others=(ALICE, BOB, CAROL))
    party.open(peers=[CAROL])
    assert take(party, 1, 0) is Status.NOT_MEMBER


def test_who_is_not_in_the_roster_is_refused() -> None:
    with pytest.raises(Rejected, match="not in the roster"):
        take(alice(), 1, 0, sender=CAROL)


@pytest.mark.parametrize("ending", ["left", "lingering", "aborted"])
def test_a_session_that_ended_here_is_completed(ending: str) -> None:
    party = alice()
    local = party.open()
    if ending == "lingering":
        put(local, 0)
    local.abort("stopped") if ending == "aborted" else local.leave()
    assert take(party, 1, 0) is COMPLETED


def test_who_sends_to_a_pair_that_failed_learns_that_it_is_over() -> None:
    party = alice()
    pair = party.open().pairs[BOB]
    pair.fail(PeerRefused(1, BOB, "no"), tell=False)
    assert take(party, 1, 0) is COMPLETED


def test_a_message_over_the_limit_fails_its_pair() -> None:
    party = alice(Limits(largest_message=10))
    pair = party.open().pairs[BOB]
    assert take(party, 1, 0, bytes(11)) is Status.TOO_LARGE
    assert pair.failure is not None
    assert take(party, 1, 1) is COMPLETED
