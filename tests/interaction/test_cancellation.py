"""A cancelled call keeps its promise: nothing taken, and sent wholly or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest

from tests.interaction.scenes import opened, settled, tasks

if TYPE_CHECKING:
    from partywire import Session
    from tests.interaction.venues import Venue

FULL: dict[str, object] = {"mailbox_messages": 1}


async def test_a_cancelled_receive_has_taken_nothing(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2), tasks() as beside:
        receiving = beside.start(p2.receive, "p1")
        await beside.parked(p2)
        await receiving.cancel()
        await p1.send("p2", b"kept")
        assert await p2.receive("p1") == b"kept"


async def test_a_receive_cancelled_as_its_message_arrives_has_taken_nothing(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2), tasks() as beside:
        receiving = beside.start(p2.receive, "p1")
        await beside.parked(p2)
        await p1.send("p2", b"kept")
        await receiving.cancel()
        if p2.counters["p1"].messages_received == 0:
            assert await p2.receive("p1") == b"kept"
        else:
            assert await receiving.result() == b"kept"


async def test_a_cancelled_gather_has_taken_nothing(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, p3), tasks() as beside:
        await p2.send("p1", b"2")
        await p2.flush()
        gathering = beside.start(p1.gather)
        await beside.parked(p1)
        await gathering.cancel()
        await p3.send("p1", b"3")
        assert await p1.gather() == {"p2": b"2", "p3": b"3"}


async def test_a_cancelled_send_has_sent_nothing_and_gives_the_round_back(venue: Venue) -> None:
    async with venue.network(2, limits=FULL) as nodes, nodes["p1"].session(1) as p1:
        await p1.send("p2", b"fills the outbox")
        p1.next_round()
        async with tasks() as beside:
            sending = beside.start(p1.send, "p2", b"cancelled")
            await beside.parked(p1)
            await sending.cancel()
            assert p1.counters["p2"].messages_sent == 1
            again = beside.start(p1.send, "p2", b"instead")
            await beside.parked(p1)
            async with nodes["p2"].session(1) as p2:
                await again.result()
                assert await p2.receive("p1") == b"fills the outbox"
                p2.next_round()
                assert await p2.receive("p1") == b"instead"


async def test_a_cancelled_send_lets_the_next_in_line_go_on(venue: Venue) -> None:
    async with venue.network(2, limits=FULL) as nodes, nodes["p1"].session(1, labels=True) as p1:
        await p1.send("p2", b"0", label=0)
        async with tasks() as beside:
            lined_up = [beside.start(_send, p1, number) for number in (1, 2, 3)]
            await beside.parked(p1, 3)
            await lined_up[0].cancel()
            await lined_up[1].cancel()
            async with nodes["p2"].session(1, labels=True) as p2:
                await lined_up[2].result()
                assert await p2.receive("p1", label=0) == b"0"
                assert await p2.receive("p1", label=0) == b"3"


async def _send(session: Session, number: int) -> None:
    await session.send("p2", b"%d" % number, label=0)


async def test_a_cancelled_exchange_may_have_sent_and_has_taken_nothing(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, p3), tasks() as beside:
        await p2.send("p1", b"2")
        exchanging = beside.start(p1.exchange, {"p2": b"a", "p3": b"b"})
        await beside.parked(p1)
        await exchanging.cancel()
        assert await p2.receive("p1") == b"a"
        assert await p1.receive("p2") == b"2"
        await p3.send("p1", b"3")
        assert await p1.receive("p3") == b"3"


async def test_a_cancelled_send_to_all_has_sent_wholly_or_not_at_all(venue: Venue) -> None:
    async with venue.network(3, limits=FULL) as nodes, tasks() as beside:
        async with nodes["p1"].session(1) as p1, nodes["p3"].session(1) as p3:
            await p1.send_to_all(b"first")
            await settled()
            p1.next_round()
            sending = beside.start(p1.send_to_all, b"x" * 3_000_000)
            await beside.parked(p1)
            await sending.cancel()
            p3.next_round()
            assert len(await p3.receive("p1")) == 3_000_000
            async with nodes["p2"].session(1) as p2:
                assert await p2.receive("p1") == b"first"
                p2.next_round()
                await p1.send("p2", b"instead")
                assert await p2.receive("p1") == b"instead"


async def test_a_cancelled_flush_loses_nothing(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1) as p1, tasks() as beside:
        await p1.send("p2", b"kept")
        flushing = beside.start(p1.flush)
        await settled()
        await flushing.cancel()
        async with nodes["p2"].session(1) as p2:
            assert await p2.receive("p1") == b"kept"
            await p1.flush()


@pytest.mark.parametrize("call", ["receive", "send", "exchange", "gather", "flush", "ready"])
async def test_every_call_that_waits_can_be_cancelled(venue: Venue, call: str) -> None:
    limits = {**FULL, "shutdown_grace": "1ms"}
    configs = venue.configs(3, limits=limits)
    three = {party: configs[party] for party in ("p1", "p2")}
    async with venue.unready(three) as nodes, nodes["p2"].session(1, timing="asynchronous"):
        with anyio.CancelScope() as scope:
            async with nodes["p1"].session(1, timing="asynchronous") as p1, tasks() as beside:
                await p1.send("p3", b"there is no p3")
                p1.next_round()
                calls: dict[str, Any] = {
                    "receive": lambda: p1.receive("p3"),
                    "send": lambda: p1.send("p3", b""),
                    "exchange": lambda: p1.exchange({"p3": b""}),
                    "gather": p1.gather,
                    "flush": p1.flush,
                    "ready": nodes["p1"].ready,
                }
                running = beside.start(calls[call])
                await settled()
                assert not running.done
                with anyio.move_on_after(0.01):
                    await calls["ready"]()
                assert not running.done
                scope.cancel()
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert running.done
