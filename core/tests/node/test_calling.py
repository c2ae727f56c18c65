"""Real nodes on a wire of single calls: sessions, endings, losses, and what cannot be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest
from anyio.lowlevel import checkpoint

from core.tests.node.lane import PARTIES, Lane, lanes, rejected
from partywire.delivery.tags import Tag
from partywire.errors import (
    IdentityMismatch,
    LabelsNotCarried,
    NotReady,
    PeerLeft,
    PeerRefused,
    PeerUnreachable,
    Rejected,
)
from partywire.identity import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = frozenset(PARTIES)
TWO = {"alice": ALL, "bob": ALL}


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await checkpoint()


async def test_two_parties_exchange_round_by_round() -> None:
    lane = Lane()
    async with lanes(TWO, lane) as nodes:
        alice, bob = nodes["alice"], nodes["bob"]
        two = ("alice", "bob")
        async with alice.session(1, parties=two) as here, bob.session(1, parties=two) as there:
            for number in range(50):
                await here.send("bob", b"to bob %d" % number)
                await there.send("alice", b"to alice %d" % number)
                assert await here.receive("bob") == b"to alice %d" % number
                assert await there.receive("alice") == b"to bob %d" % number
                here.next_round(), there.next_round()
            await here.flush()
    assert [tag.round for one, _, tag in lane.calls if one == "alice"] == list(range(50))


async def test_a_session_may_have_peers_of_both_wires() -> None:
    singly = {"alice": frozenset({"carol"}), "bob": frozenset[str](), "carol": frozenset({"alice"})}
    async with lanes(singly) as nodes, anyio.create_task_group() as group:
        sums: dict[str, list[bytes]] = {}

        async def part(party: str) -> None:
            async with nodes[party].session(1) as session:
                for number in range(10):
                    mine = b"%s %d" % (party.encode(), number)
                    got = await session.exchange(dict.fromkeys(session.peers, mine))
                    sums.setdefault(party, []).extend(got[peer] for peer in sorted(got))
                    session.next_round()

        for party in PARTIES:
            group.start_soon(part, party)
    assert all(len(got) == 20 for got in sums.values())


async def test_a_lost_answer_brings_the_message_twice_and_it_is_taken_once() -> None:
    lane = Lane(lost=[("alice", "bob")])
    two = ("alice", "bob")
    async with lanes(TWO, lane) as nodes, nodes["bob"].session(1, parties=two) as there:
        async with nodes["alice"].session(1, parties=two) as here:
            await here.send("bob", b"first")
            assert await there.receive("alice") == b"first"
            here.next_round(), there.next_round()
            await here.send("bob", b"second")
            assert await there.receive("alice") == b"second"
    assert [tag.round for one, _, tag in lane.calls if one == "alice"] == [0, 0, 1]


async def test_what_comes_before_the_session_is_opened_is_kept() -> None:
    two = ("alice", "bob")
    async with lanes(TWO) as nodes:
        async with nodes["alice"].session(1, parties=two) as here:
            await here.send("bob", b"early")
            await here.flush()
        async with nodes["bob"].session(1, parties=two) as there:
            assert await there.receive("alice") == b"early"


async def test_a_broken_connection_loses_nothing() -> None:
    lane, two = Lane(), ("alice", "bob")
    async with lanes(TWO, lane) as nodes, nodes["bob"].session(1, parties=two) as there:
        async with nodes["alice"].session(1, parties=two) as here:
            for number in range(20):
                lane.cut("alice", "bob")
                await here.send("bob", b"%d" % number)
                lane.closed.clear()
                assert await there.receive("alice") == b"%d" % number
                here.next_round(), there.next_round()


async def test_who_left_is_gone_after_the_grace() -> None:
    two = ("alice", "bob")
    async with lanes(TWO, completed_grace="10ms") as nodes:
        async with nodes["bob"].session(1, parties=two):
            pass
        async with nodes["alice"].session(1, parties=two) as here:
            await here.send("bob", b"nobody reads it")
            with pytest.raises(PeerLeft):
                await here.receive("bob")


async def test_what_is_refused_for_good_fails_the_pair() -> None:
    lane, two = Lane(refused={"bob": rejected("bob")}), ("alice", "bob")
    async with lanes(TWO, lane) as nodes, nodes["alice"].session(1, parties=two) as here:
        await here.send("bob", b"refused")
        with pytest.raises(PeerRefused, match="wrong sender"):
            await here.receive("bob")
    assert len(lane.calls) == 1


async def test_one_that_is_out_of_reach_is_given_up() -> None:
    lane, two = Lane(), ("alice", "bob")
    lane.closed.add(("alice", "bob"))
    async with lanes(TWO, lane, give_up="50ms") as nodes:
        async with nodes["alice"].session(1, parties=two) as here:
            await here.send("bob", b"into the void")
            with pytest.raises(PeerUnreachable, match="nobody is there"):
                await here.receive("bob")


async def test_ready_means_that_the_peer_answered_and_says_that_the_way_back_is_unknown() -> None:
    lane = Lane()
    lane.closed.add(("bob", "alice"))
    async with lanes(TWO, lane) as nodes:
        await nodes["alice"].ready(peers=["bob"])
        assert lane.checks
        with pytest.raises(NotReady, match="we do not reach it"):
            await nodes["bob"].ready(peers=["alice"], timeout=0.05)
        async with nodes["alice"].session(1, parties=("alice", "bob")) as here:
            async with anyio.create_task_group() as group:
                group.start_soon(here.receive, "bob")
                await until(here.waiting)
                assert "whether it can reach us is not known" in str(here.waiting())
                group.cancel_scope.cancel()


async def test_a_peer_is_not_asked_whether_it_is_there_while_it_has_a_call() -> None:
    held = anyio.Event()
    lane = Lane(held=held)
    async with lanes(dict.fromkeys(PARTIES, ALL), lane, heartbeat="1ms") as nodes:
        await nodes["alice"].ready()
        async with nodes["alice"].session(1, parties=("alice", "bob")) as here:
            await here.send("bob", b"a large one")
            await until(lambda: lane.calls)
            before = lane.checks.count(("alice", "bob"))
            idle = lane.checks.count(("alice", "carol"))
            await until(lambda: lane.checks.count(("alice", "carol")) > idle + 5)
            assert lane.checks.count(("alice", "bob")) == before
            held.set()
            await until(lambda: lane.checks.count(("alice", "bob")) > before)


async def test_a_call_without_an_answer_is_made_again_in_time() -> None:
    lane, two = Lane(held=anyio.Event()), ("alice", "bob")
    async with lanes(TWO, lane, call_timeout="5ms") as nodes:
        async with nodes["bob"].session(1, parties=two) as there:
            async with nodes["alice"].session(1, parties=two) as here:
                await here.send("bob", b"slow")
                await until(lambda: len(lane.calls) > 1)
                lane.held = None
                assert await there.receive("alice") == b"slow"


async def test_a_labelled_session_with_such_a_peer_is_an_error() -> None:
    async with lanes(TWO) as nodes:
        with pytest.raises(LabelsNotCarried, match="bob is on the reference wire"):
            async with nodes["alice"].session(1, parties=("alice", "bob"), labels=True):
                raise AssertionError


async def test_a_message_without_room_waits_for_some() -> None:
    two = ("alice", "bob")
    async with lanes(TWO, look_ahead=1) as nodes, nodes["bob"].session(1, parties=two) as there:
        async with nodes["alice"].session(1, parties=two) as here:
            for number in range(6):
                await here.send("bob", b"%d" % number)
                here.next_round()
            for number in range(6):
                assert await there.receive("alice") == b"%d" % number
                there.next_round()


async def test_a_message_that_waited_long_enough_is_refused_and_comes_again() -> None:
    lane, two = Lane(), ("alice", "bob")
    limits = {"look_ahead": 1, "room_timeout": "10ms"}
    async with lanes(TWO, lane, **limits) as nodes, nodes["bob"].session(1, parties=two) as there:
        async with nodes["alice"].session(1, parties=two) as here:
            for number in range(4):
                await here.send("bob", b"%d" % number)
                here.next_round()
            await until(
                lambda: [tag.round for _, to, tag in lane.calls if to == "bob"].count(2) > 2
            )
            for number in range(4):
                assert await there.receive("alice") == b"%d" % number
                there.next_round()


async def test_a_tag_that_names_another_is_refused() -> None:
    lane = Lane()
    async with lanes(TWO, lane):
        guest = lane.inboxes["alice"].arrive(Evidence("bob", "lane"), lane.dismissed.append)
        with pytest.raises(IdentityMismatch, match="the tag names"):
            await guest.take(Tag(1, "carol", 0), b"forged")
        with pytest.raises(IdentityMismatch):
            guest.checked("carol")
        guest.leave()


async def test_each_wire_refuses_a_peer_of_the_other() -> None:
    lane = Lane()
    async with lanes({"alice": frozenset({"carol"})}, lane):
        fast = lane.inboxes["alice"].arrive(Evidence("bob", "lane"), lane.dismissed.append)
        with pytest.raises(Rejected, match="on the fast wire"):
            await fast.take(Tag(1, "bob", 0), b"by the wrong wire")
        fast.leave()


async def test_nothing_is_taken_on_a_connection_that_has_ended() -> None:
    lane = Lane()
    async with lanes(TWO, lane):
        guest = lane.inboxes["alice"].arrive(Evidence("bob", "lane"), lane.dismissed.append)
        guest.checked("bob")
        guest.leave()
        with pytest.raises(Rejected, match="has ended"):
            await guest.take(Tag(1, "bob", 0), b"late")
