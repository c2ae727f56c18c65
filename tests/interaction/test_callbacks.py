"""Deliveries by callback, for libraries that keep mailboxes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from partywire import Delivery
from partywire.errors import DeliveredByCallback, DeliveryCallbackFailed, PeerAborted, PeerLeft
from tests.interaction.scenes import opened, settled, turns, until

if TYPE_CHECKING:
    from tests.interaction.venues import Venue


async def test_messages_come_in_the_order_of_sending(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        seen: list[Delivery] = []
        p2.on_delivery(seen.append)
        for number in range(100):
            await p1.send("p2", b"%d" % number, label=3)
        await until(lambda: len(seen) == 100)
        assert seen == [Delivery("p1", None, 3, b"%d" % number) for number in range(100)]


async def test_rounds_come_with_their_number(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        seen: list[Delivery] = []
        p2.on_delivery(seen.append)
        for number in range(3):
            await p1.send("p2", b"%d" % number)
            p1.next_round()
        await until(lambda: len(seen) == 3)
        assert seen == [Delivery("p1", number, None, b"%d" % number) for number in range(3)]


async def test_what_is_held_already_comes_first(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        await p1.send("p2", b"held", label=1)
        await p1.flush()
        seen: list[bytes] = []
        p2.on_delivery(lambda delivery: seen.append(delivery.payload))
        await p1.send("p2", b"new", label=1)
        await until(lambda: len(seen) == 2)
        assert seen == [b"held", b"new"]


async def test_a_callback_may_send(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        p2.on_delivery(lambda d: p2.send_nowait("p1", b"echo " + d.payload, label=d.label))
        for number in range(10):
            await p1.send("p2", b"%d" % number, label=number)
        for number in reversed(range(10)):
            assert await p1.receive("p2", label=number) == b"echo %d" % number


async def test_callbacks_that_answer_each_other_leave_room_for_others(venue: Venue) -> None:
    async with (
        venue.network(2) as nodes,
        opened(nodes, "game", labels=True) as (p1, p2),
        opened(nodes, "other") as (q1, q2),
    ):
        bounces: list[str] = []

        def bounce(delivery: Delivery) -> None:
            here, there = (p1, "p2") if delivery.party == "p2" else (p2, "p1")
            bounces.append(there)
            if len(bounces) < 500:
                here.send_nowait(there, b"ball", label=0)

        p1.on_delivery(bounce)
        p2.on_delivery(bounce)
        await p1.send("p2", b"ball", label=0)
        await q1.send("p2", b"fine")
        assert await q2.receive("p1") == b"fine"
        await until(lambda: len(bounces) == 500)


async def test_a_callback_never_runs_inside_the_call_that_sends(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes, labels=True) as (p1, p2):
        await p1.send("p2", b"first", label=0)
        await p2.receive("p1", label=0)
        inside = False
        seen: list[bool] = []
        p2.on_delivery(lambda _: seen.append(inside))
        for _ in range(3):
            inside = True
            p1.send_nowait("p2", b"", label=0)
            inside = False
            await settled()
        assert seen == [False] * 3


async def test_what_a_callback_raises_ends_the_session(venue: Venue) -> None:
    def callback(_: Delivery) -> None:
        raise LookupError("a secret of the program")

    async with venue.network(2) as nodes, nodes["p1"].session(1, labels=True) as p1:
        with pytest.raises(DeliveryCallbackFailed, match="raised LookupError"):
            async with nodes["p2"].session(1, labels=True) as p2:
                p2.on_delivery(callback)
                await p1.send("p2", b"", label=0)
                while True:
                    await p2.flush()
                    await turns(1)
        with pytest.raises(PeerAborted, match="DeliveryCallbackFailed"):
            await p1.receive("p2")


async def test_a_callback_is_told_of_each_peer_that_ends_after_its_last_message(
    venue: Venue,
) -> None:
    async with venue.network(3) as nodes, nodes["p1"].session(1, labels=True) as p1:
        seen: list[object] = []
        p1.on_delivery(lambda d: seen.append((d.party, d.payload)), seen.append)
        async with nodes["p2"].session(1, labels=True) as p2:
            await p2.send("p1", b"last", label=0)
        with pytest.raises(LookupError):
            async with nodes["p3"].session(1, labels=True):
                raise LookupError
        await until(lambda: len(seen) == 3)
        left = next(error for error in seen if isinstance(error, PeerLeft))
        aborted = next(error for error in seen if isinstance(error, PeerAborted))
        assert (left.party, aborted.party, aborted.says) == ("p2", "p3", "LookupError")
        assert seen.index(("p2", b"last")) < seen.index(left)


async def test_what_the_callback_of_failures_raises_ends_the_session_too(venue: Venue) -> None:
    def failed(_: object) -> None:
        raise LookupError

    async with venue.network(2) as nodes:
        with pytest.raises(DeliveryCallbackFailed, match="raised LookupError"):
            async with nodes["p1"].session(1, labels=True) as p1:
                p1.on_delivery(lambda _: None, failed)
                async with nodes["p2"].session(1, labels=True):
                    pass
                while True:
                    await p1.flush()
                    await turns(1)


async def test_beside_a_callback_there_is_nothing_to_receive(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, _):
        p1.on_delivery(lambda _: None)
        with pytest.raises(DeliveredByCallback):
            p1.on_delivery(lambda _: None)
        with pytest.raises(DeliveredByCallback):
            await p1.receive("p2")
        with pytest.raises(DeliveredByCallback):
            await p1.gather()


async def test_small_mailboxes_do_not_stop_a_callback(venue: Venue) -> None:
    limits = {"mailbox_messages": 2, "mailbox_bytes": 400}
    async with venue.network(2, limits=limits) as nodes, opened(nodes, labels=True) as (p1, p2):
        seen: list[bytes] = []
        p2.on_delivery(lambda delivery: seen.append(delivery.payload))
        for number in range(50):
            await p1.send("p2", b"%d" % number, label=number)
        await until(lambda: len(seen) == 50)
        assert seen == [b"%d" % number for number in range(50)]
