"""Rounds: one message for each round, peer and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partywire.errors import NotInSession, ReceiveConflict, RoundReceived, RoundUsed
from tests.interaction.scenes import opened, settled, tasks, together

if TYPE_CHECKING:
    from tests.interaction.venues import Venue


async def test_a_message_of_a_round_arrives_as_bytes(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        await p1.send("p2", b"a share")
        received = await p2.receive("p1")
        assert received == b"a share"
        assert type(received) is bytes


async def test_a_second_receive_in_a_round_is_refused_and_not_a_wait(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        await p2.send("p1", b"the only one")
        assert await p1.receive("p2") == b"the only one"
        with pytest.raises(RoundReceived, match=r"p2's message of round 0 was received already"):
            await p1.receive("p2")
        with pytest.raises(RoundReceived):
            await p1.gather()
        p1.next_round()
        p2.next_round()
        await p2.send("p1", b"the next one")
        assert await p1.receive("p2") == b"the next one"


async def test_both_directions_use_a_round(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        await p1.send("p2", b"there")
        await p2.send("p1", b"back")
        assert (await p1.receive("p2"), await p2.receive("p1")) == (b"back", b"there")


async def test_rounds_ahead_are_kept_until_the_receiver_gets_there(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        for number in range(5):
            await p1.send("p2", b"%d" % number)
            p1.next_round()
        for number in range(5):
            assert await p2.receive("p1") == b"%d" % number
            p2.next_round()


async def test_rounds_beyond_the_look_ahead_wait_and_are_not_dropped(venue: Venue) -> None:
    async with venue.network(2, limits={"look_ahead": 2}) as nodes, opened(nodes) as (p1, p2):
        for number in range(40):
            await p1.send("p2", b"%d" % number)
            p1.next_round()
        for number in range(40):
            assert await p2.receive("p1") == b"%d" % number
            p2.next_round()


async def test_only_next_round_advances(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        await together(
            lambda: p1.exchange({"p2": b"a"}),
            lambda: p2.exchange({"p1": b"b"}),
        )
        assert (p1.round, p2.round) == (0, 0)
        assert (p1.next_round(), p1.round) == (1, 1)


async def test_a_call_stays_in_the_round_in_which_it_started(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2), tasks() as beside:
        first = beside.start(p2.receive, "p1")
        await beside.parked(p2)
        p2.next_round()
        second = beside.start(p2.receive, "p1")
        await beside.parked(p2, 2)
        await p1.send("p2", b"first")
        p1.next_round()
        await p1.send("p2", b"second")
        assert (await first.result(), await second.result()) == (b"first", b"second")


async def test_a_late_message_is_counted_as_stale_and_the_next_one_arrives(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        p2.next_round()
        await p1.send("p2", b"too late")
        p1.next_round()
        await p1.send("p2", b"in time")
        assert await p2.receive("p1") == b"in time"
        assert p2.counters["p1"].stale == 1


async def test_a_message_that_was_passed_over_is_counted_as_stale(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        await p1.send("p2", b"unread")
        await p1.flush()
        p2.next_round()
        assert p2.counters["p1"].stale == 1


async def test_a_round_takes_one_message_to_a_peer(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, p3):
        await p1.send("p2", b"one")
        with pytest.raises(RoundUsed, match="round 0 already has a message to p2"):
            await p1.send("p2", b"two")
        await p1.send("p3", b"another peer")
        p1.next_round()
        await p1.send("p2", b"another round")
        assert await p2.receive("p1") == b"one"
        assert await p3.receive("p1") == b"another peer"
        p2.next_round()
        assert await p2.receive("p1") == b"another round"


async def test_send_to_all_sends_nothing_where_a_round_is_used(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, p3):
        await p1.send("p3", b"first")
        with pytest.raises(RoundUsed):
            await p1.send_to_all(b"second")
        await p1.send("p2", b"still free")
        assert await p2.receive("p1") == b"still free"
        assert await p3.receive("p1") == b"first"


async def test_two_receives_for_one_slot_conflict_and_the_first_goes_on(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, p3), tasks() as beside:
        first = beside.start(p2.receive, "p1")
        await beside.parked(p2)
        with pytest.raises(ReceiveConflict, match="another receive already waits for round 0"):
            await p2.receive("p1")
        with pytest.raises(ReceiveConflict):
            await p2.gather()
        await p1.send("p2", b"one")
        assert await first.result() == b"one"
        await p3.send("p2", b"from another")
        assert await p2.receive("p3") == b"from another"


async def test_exchange_sends_one_to_each_and_receives_one_from_each(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as sessions:
        answers = await together(
            *(
                lambda s=session: s.exchange(
                    {peer: f"{s.party} to {peer}".encode() for peer in s.peers}
                )
                for session in sessions
            )
        )
        for session, answer in zip(sessions, answers, strict=True):
            expected = {peer: f"{peer} to {session.party}".encode() for peer in session.peers}
            assert answer == expected


async def test_exchange_concerns_the_parties_named_and_no_other(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, p3):
        here, there = await together(
            lambda: p1.exchange({"p2": b"a"}), lambda: p2.exchange({"p1": b"b"})
        )
        assert (here, there) == ({"p2": b"b"}, {"p1": b"a"})
        assert p3.counters["p1"].messages_received == 0


async def test_send_to_all_and_gather_leave_out_oneself(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as sessions:
        for session in sessions:
            await session.send_to_all(session.party.encode())
        for session in sessions:
            assert await session.gather() == {peer: peer.encode() for peer in session.peers}


async def test_a_session_among_some_leaves_out_the_others(venue: Venue) -> None:
    async with venue.network(3) as nodes:
        two = {party: nodes[party] for party in ("p1", "p2")}
        async with opened(two, parties=["p1", "p2"]) as (p1, p2):
            await p1.send_to_all(b"for two")
            assert await p2.gather() == {"p1": b"for two"}
            for stranger in ("p3", "p1", "nobody"):
                with pytest.raises(NotInSession, match="is no peer in session"):
                    await p1.send(stranger, b"")
                with pytest.raises(NotInSession):
                    await p1.receive(stranger)


async def test_sessions_do_not_mix(venue: Venue) -> None:
    async with (
        venue.network(2) as nodes,
        opened(nodes, "one") as (here, there),
        opened(nodes, "two") as (other_here, other_there),
    ):
        await here.send("p2", b"of one")
        await other_here.send("p2", b"of two")
        assert await other_there.receive("p1") == b"of two"
        assert await there.receive("p1") == b"of one"


async def test_a_receive_waits_without_end_in_an_asynchronous_session(venue: Venue) -> None:
    terms: Any = {"timing": "asynchronous", "round_timeout": 0.001}
    async with venue.network(2) as nodes, opened(nodes, **terms) as (p1, p2), tasks() as beside:
        waiting = beside.start(p2.receive, "p1")
        await settled()
        assert not waiting.done
        await p1.send("p2", b"at last")
        assert await waiting.result() == b"at last"
