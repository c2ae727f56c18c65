"""Leaving a session by an error: the others learn it with the reason, and only that pair fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.errors import PeerAborted, SessionClosed, SessionIdReused
from tests.interaction.scenes import opened, settled, tasks

if TYPE_CHECKING:
    from partywire import Session
    from tests.interaction.venues import Venue


async def test_an_exception_tells_the_others_its_name_after_what_was_sent(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p2"].session(1) as p2:
        with pytest.raises(ZeroDivisionError, match="a secret"):
            async with nodes["p1"].session(1) as p1:
                await p1.send("p2", b"before")
                await p1.flush()
                raise ZeroDivisionError("a secret")
        assert await p2.receive("p1") == b"before"
        p2.next_round()
        with pytest.raises(PeerAborted, match="p1 says: ZeroDivisionError") as caught:
            await p2.receive("p1")
        assert caught.value.says == "ZeroDivisionError"


async def test_who_leaves_because_a_peer_failed_says_which_one(venue: Venue) -> None:
    async with venue.network(3) as nodes, nodes["p2"].session(1) as p2:
        with pytest.raises(PeerAborted, match="p3 says: ZeroDivisionError"):
            async with nodes["p1"].session(1) as p1:
                with pytest.raises(ZeroDivisionError):
                    async with nodes["p3"].session(1):
                        raise ZeroDivisionError
                await p1.receive("p3")
        with pytest.raises(PeerAborted) as caught:
            await p2.receive("p1")
        assert caught.value.says == "PeerAborted: p3 says: ZeroDivisionError"
        assert "secret" not in str(caught.value)


async def test_cancellation_tells_the_others(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p2"].session(1) as p2:
        with anyio.CancelScope() as scope:
            async with nodes["p1"].session(1) as p1:
                scope.cancel()
                await p1.receive("p2")
        with pytest.raises(PeerAborted, match="p1 says: cancelled"):
            await p2.receive("p1")


async def test_a_parked_receive_and_a_parked_send_learn_of_it(venue: Venue) -> None:
    async with (
        venue.network(2, limits={"mailbox_messages": 1}) as nodes,
        nodes["p2"].session(1, labels=True) as p2,
        tasks() as beside,
    ):
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p1"].session(1, labels=True):
                for _ in range(2):
                    await p2.send("p1", b"fills mailbox and outbox", label=1)
                    await settled()
                receiving = beside.start(p2.receive, "p1")
                sending = beside.start(_label, p2)
                await beside.parked(p2, 2)
                raise ValueError("broken")
        await receiving.error(PeerAborted)
        await sending.error(PeerAborted)


async def _label(session: Session) -> None:
    await session.send("p1", b"no room", label=1)


async def test_flush_raises_the_failure_of_a_pair(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p2"].session(1) as p2, tasks() as beside:
        await p2.send("p1", b"not taken yet")
        flushing = beside.start(p2.flush)
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p1"].session(2):
                raise ValueError("broken")
        await settled()
        assert not flushing.done
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p1"].session(1):
                raise ValueError("broken")
        await flushing.error(PeerAborted)
        with pytest.raises(PeerAborted):
            await p2.send("p1", b"")


async def test_the_reason_is_escaped_and_cut(venue: Venue) -> None:
    name = "Evil\x1b[31m\n" + "x" * 1_000
    evil = type(name, (Exception,), {})
    async with venue.network(2) as nodes, nodes["p2"].session(1) as p2:
        with pytest.raises(evil):
            async with nodes["p1"].session(1):
                raise evil
        with pytest.raises(PeerAborted, match=r"p1 says: Evil\\x1b\[31m\\nxxx") as caught:
            await p2.receive("p1")
        assert len(str(caught.value)) < 400
        assert str(caught.value).isprintable()


async def test_only_that_pair_fails(venue: Venue) -> None:
    async with venue.network(3) as nodes:
        two = {party: nodes[party] for party in ("p2", "p3")}
        async with opened(two) as (p2, p3):
            with pytest.raises(ValueError, match="broken"):
                async with nodes["p1"].session(1):
                    raise ValueError("broken")
            with pytest.raises(PeerAborted):
                await p2.receive("p1")
            await p2.send("p3", b"still here")
            assert await p3.receive("p2") == b"still here"
            with pytest.raises(PeerAborted):
                await p3.receive("p1")


async def test_an_abort_ends_the_part_of_its_sender_in_one_session_only(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, "other") as (p1, p2):
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p1"].session(1):
                raise ValueError("broken")
        await p1.send("p2", b"fine")
        assert await p2.receive("p1") == b"fine"


async def test_one_for_all_fails_every_call_of_the_session(venue: Venue) -> None:
    async with venue.network(3) as nodes, tasks() as beside:
        async with nodes["p2"].session(1, on_peer_failure="session") as p2:
            parked = beside.start(p2.receive, "p3")
            await beside.parked(p2)
            async with nodes["p3"].session(1):
                with pytest.raises(ValueError, match="broken"):
                    async with nodes["p1"].session(1):
                        raise ValueError("broken")
                error = await parked.error(PeerAborted)
                assert error.party == "p1"
                calls = (p2.send("p3", b""), p2.receive("p3"), p2.gather(), p2.flush())
                for call in calls:
                    with pytest.raises(PeerAborted, match="p1 aborted"):
                        await call
                with pytest.raises(PeerAborted):
                    p2.send_nowait("p3", b"")


async def test_one_for_all_is_the_configs_where_the_program_says_nothing(venue: Venue) -> None:
    async with venue.network(3, session={"on_peer_failure": "session"}) as nodes:
        async with nodes["p2"].session(1) as p2:
            with pytest.raises(ValueError, match="broken"):
                async with nodes["p1"].session(1):
                    raise ValueError("broken")
            with pytest.raises(PeerAborted, match="p1 aborted"):
                await p2.receive("p3")


async def test_what_was_not_sent_before_an_abort_is_dropped(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p1"].session(1) as p1:
                await p1.send("p2", b"x" * 2_000_000)
                raise ValueError("broken")
        await settled()
        async with nodes["p2"].session(1) as p2:
            with pytest.raises(PeerAborted, match="p1 says: ValueError"):
                await p2.receive("p1")


async def test_a_party_that_opens_after_an_abort_learns_the_reason(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p1"].session(1):
                raise ValueError("broken")
        await settled()
        async with nodes["p2"].session(1) as p2:
            with pytest.raises(PeerAborted, match="p1 says: ValueError"):
                await p2.receive("p1")


async def test_a_party_learns_of_an_abort_that_its_node_could_not_remember(venue: Venue) -> None:
    async with venue.network(2, limits={"early_sessions": 1}) as nodes:
        for session in range(3):
            with pytest.raises(ValueError, match="broken"):
                async with nodes["p1"].session(session):
                    raise ValueError("broken")
        await settled()
        for session in range(3):
            async with nodes["p2"].session(session) as p2:
                with pytest.raises(PeerAborted, match="p1 aborted"):
                    await p2.receive("p1")


async def test_a_session_that_was_left_is_closed_for_its_own_party(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        session = nodes["p1"].session(1, labels=True)
        with pytest.raises(SessionClosed):
            await session.send("p2", b"not entered yet")
        async with session as p1:
            pass
        for call in (p1.send("p2", b""), p1.receive("p2"), p1.gather(), p1.send_to_all(b"")):
            with pytest.raises(SessionClosed, match="is closed"):
                await call
        with pytest.raises(SessionClosed):
            p1.send_nowait("p2", b"", label=1)
        with pytest.raises((SessionClosed, SessionIdReused)):
            async with session:
                pass


async def test_a_call_that_waits_while_its_session_is_left_ends(venue: Venue) -> None:
    async with venue.network(2) as nodes, tasks() as beside:
        async with nodes["p1"].session(1) as p1:
            waiting = beside.start(p1.receive, "p2")
            await beside.parked(p1)
        await waiting.error(SessionClosed)
