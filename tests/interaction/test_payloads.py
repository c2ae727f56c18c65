"""Payloads: any size from nothing to many chunks, as bytes, and nobody else's afterwards."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from partywire.errors import PayloadInvalid, PayloadTooLarge
from tests.interaction.scenes import opened, tasks, together, until

if TYPE_CHECKING:
    from tests.interaction.venues import Venue

MIB = 1 << 20
SIZES = [0, 1, 127, 65_536, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 17]


@pytest.mark.parametrize("size", SIZES)
async def test_a_payload_arrives_as_it_was(venue: Venue, size: int, seed: int) -> None:
    payload = random.Random(seed).randbytes(size)
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        await p1.send("p2", payload)
        assert await p2.receive("p1") == payload


async def test_large_messages_go_both_ways_at_once(venue: Venue) -> None:
    there, back = b"a" * (5 * MIB + 1), b"b" * (4 * MIB + 1)
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        received = await together(
            lambda: p1.exchange({"p2": there}), lambda: p2.exchange({"p1": back})
        )
        assert received == [{"p2": back}, {"p1": there}]


async def test_small_messages_of_another_session_overtake_a_large_one(venue: Venue) -> None:
    """Sessions take turns by bytes: order of arrival shows it, and no clock is needed."""
    arrived: list[str] = []
    async with (
        venue.network(2) as nodes,
        opened(nodes, "large") as (large, _large),
        opened(nodes, "small", labels=True) as (small, _small),
    ):
        for name, session in (("large", _large), ("small", _small)):
            session.on_delivery(lambda _, name=name: arrived.append(name))  # type: ignore[misc]
        large.send_nowait("p2", b"x" * (16 * MIB))
        for _ in range(5):
            small.send_nowait("p2", b"y", label=1)
        await together(large.flush, small.flush)
        await until(lambda: len(arrived) == 6)
        assert arrived == [*["small"] * 5, "large"]


async def test_small_messages_arrive_while_a_large_one_is_on_its_way(venue: Venue) -> None:
    async with (
        venue.network(2, limits={"window": "1MiB"}) as nodes,
        opened(nodes, "large") as (large, large_end),
        opened(nodes, "small", labels=True) as (small, small_end),
        tasks() as beside,
    ):
        receiving = beside.start(large_end.receive, "p1")
        await large.send("p2", b"x" * (16 * MIB))
        for number in range(10):
            await small.send("p2", b"%d" % number, label=1)
            assert await small_end.receive("p1", label=1) == b"%d" % number
        assert len(await receiving.result()) == 16 * MIB


@pytest.mark.parametrize("kind", [bytearray, memoryview])
async def test_a_mutable_buffer_is_copied_when_it_is_sent(venue: Venue, kind: Any) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1) as p1:
        buffer = bytearray(b"as it was sent")
        await p1.send("p2", kind(buffer))
        buffer[:] = b"changed later!"
        async with nodes["p2"].session(1) as p2:
            received = await p2.receive("p1")
            assert received == b"as it was sent"
            assert type(received) is bytes


@pytest.mark.parametrize(
    "payload", ["text", 7, None, ["a"], {"a": 1}, object()], ids=lambda given: type(given).__name__
)
async def test_what_is_no_buffer_is_refused_and_nothing_is_sent(venue: Venue, payload: Any) -> None:
    async with venue.network(3) as nodes, opened(nodes) as (p1, p2, _):
        with pytest.raises(PayloadInvalid, match="a payload is bytes-like"):
            await p1.send("p2", payload)
        with pytest.raises(PayloadInvalid):
            await p1.exchange({"p2": b"fine", "p3": payload})
        with pytest.raises(PayloadInvalid):
            await p1.send_to_all(payload)
        with pytest.raises(TypeError):
            p1.send_nowait("p2", payload)
        await p1.send("p2", b"the round is still free")
        assert await p2.receive("p1") == b"the round is still free"


async def test_a_payload_over_the_limit_is_refused_and_nothing_is_sent(venue: Venue) -> None:
    limits = {"largest_message": 100}
    async with venue.network(2, limits=limits) as nodes, opened(nodes) as (p1, p2):
        with pytest.raises(PayloadTooLarge, match=r"101 bytes .* \(100 bytes\)"):
            await p1.send("p2", bytes(101))
        with pytest.raises(PayloadTooLarge):
            await p1.send_to_all(bytearray(101))
        with pytest.raises(PayloadTooLarge):
            p1.send_nowait("p2", bytes(101))
        await p1.send("p2", bytes(100))
        assert await p2.receive("p1") == bytes(100)


async def test_errors_and_reprs_never_hold_a_payload(venue: Venue) -> None:
    limits = {"largest_message": 10}
    async with venue.network(2, limits=limits) as nodes, opened(nodes, labels=True) as (p1, p2):
        seen: list[str] = []
        p2.on_delivery(lambda delivery: seen.append(repr(delivery)))
        await p1.send("p2", b"secret")
        await p1.send("p2", b"secret", label=1)
        with pytest.raises(PayloadTooLarge) as caught:
            await p1.send("p2", b"secret" * 2, label=1)
        await p1.flush()
        await until(lambda: len(seen) == 2)
        assert "secret" not in "".join([repr(caught.value), str(caught.value), *seen])
        assert seen == [
            "Delivery('p1', round=0, 6 bytes)",
            "Delivery('p1', label=0x1, 6 bytes)",
        ]
