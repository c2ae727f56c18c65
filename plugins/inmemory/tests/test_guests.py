"""Callers that do not keep to the hello: refused, and whoever is there already goes on."""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest

from partywire import Node, open_node
from partywire.delivery import hello
from partywire.delivery.hello import Hello, Welcome
from partywire.delivery.records import Batch, Record, Segment, Status
from partywire.errors import IdentityMismatch, Rejected, TransportError
from partywire.inbox import Inbox
from partywire_inmemory import config_of, party_names
from partywire_inmemory.handles import HandleEvidence, network_named

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from partywire.inbox import Guest

_numbers = count()
NONCE = bytes(16)
LIFE = b"a life of a node"
BATCH = Batch(LIFE, bytes(16), [], [Segment(1, 0, 0, [Record(0, 0, 6, b"forged")])])
FIRST = Hello(hello.NODE, LIFE, started=0.0, roster=b"", clock=0.0, nonce=NONCE)


@attrs.frozen
class Scene:
    """Two nodes, and the door of the first one."""

    p1: Node
    p2: Node
    door: Inbox
    shown: HandleEvidence

    def guest(self) -> Guest:
        """Come in as p2."""
        return self.door.arrive(self.shown, never)

    async def goes_on(self) -> None:
        """The two nodes still talk."""
        async with self.p1.session(9) as here, self.p2.session(9) as there:
            await there.send("p1", b"genuine")
            assert await here.receive("p2") == b"genuine"


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    name, names = f"guests-{next(_numbers)}", party_names(2)
    configs = [config_of(party, names, name) for party in names]
    with anyio.fail_after(10):
        async with open_node(configs[0]) as p1, open_node(configs[1]) as p2:
            await p1.ready()
            await p2.ready()
            place = network_named(name)
            handle, _ = place.find("p2")
            _, door = place.find("p1")
            yield Scene(p1, p2, door, HandleEvidence("p2", "a test", handle))


def never(problem: TransportError) -> None:
    """Nobody is sent away in these tests."""
    raise problem


async def greeted(guest: Guest, step: Hello = FIRST) -> Hello:
    """Go through the hello; return what the other end said of itself."""
    answer = await guest.greet(step)
    assert isinstance(answer, Hello)
    assert answer.echo == step.nonce
    end = await guest.greet(attrs.evolve(step, nonce=b"", echo=answer.nonce))
    assert isinstance(end, Welcome)
    return answer


async def test_a_batch_before_the_hello_is_refused() -> None:
    async with scene() as there:
        guest = there.guest()
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            guest.accept_nowait(BATCH)
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            await guest.accept(BATCH)
        await there.goes_on()


async def test_a_batch_after_half_a_hello_is_refused() -> None:
    async with scene() as there:
        guest = there.guest()
        await guest.greet(FIRST)
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            guest.accept_nowait(BATCH)
        await there.goes_on()


async def test_a_hello_of_another_version_is_refused_with_both_numbers() -> None:
    async with scene() as there:
        with pytest.raises(Rejected, match="it speaks version 2, this node version 1"):
            await there.guest().greet(attrs.evolve(FIRST, version=2))
        await there.goes_on()


@pytest.mark.parametrize(
    "fault",
    [{"nonce": b"short"}, {"kind": "guest"}, {"incarnation": b""}, {"slot": bytes(65_537)}],
    ids=lambda fault: next(iter(fault)),
)
async def test_a_hello_out_of_shape_is_refused(fault: dict[str, Any]) -> None:
    async with scene() as there:
        with pytest.raises(Rejected, match="a hello"):
            await there.guest().greet(attrs.evolve(FIRST, **fault))
        await there.goes_on()


async def test_a_hello_that_echoes_something_else_is_refused() -> None:
    async with scene() as there:
        guest = there.guest()
        await guest.greet(FIRST)
        with pytest.raises(Rejected, match="does not echo the nonce"):
            await guest.greet(attrs.evolve(FIRST, nonce=b"", echo=NONCE))
        await there.goes_on()


async def test_a_batch_for_another_life_is_stale_and_nothing_of_it_is_taken() -> None:
    async with scene() as there, there.p1.session(1) as p1:
        guest = there.guest()
        await greeted(guest)
        receipt = guest.accept_nowait(BATCH)
        assert receipt is not None
        assert receipt.stale
        assert not receipt.flows
        assert p1.counters["p2"].messages_received == 0


async def test_a_batch_of_another_life_than_was_greeted_is_stale() -> None:
    async with scene() as there:
        guest = there.guest()
        here = await greeted(guest)
        batch = attrs.evolve(BATCH, sender=b"another  life :)", receiver=here.incarnation)
        receipt = await guest.accept(batch)
        assert receipt.stale


async def test_a_probe_changes_nothing_and_brings_no_messages() -> None:
    async with scene() as there:
        guest = there.guest()
        await greeted(guest, attrs.evolve(FIRST, kind=hello.PROBE))
        receipt = guest.accept_nowait(BATCH)
        assert receipt is not None
        assert [each.status for each in receipt.flows] == [Status.NOT_MEMBER] * len(BATCH.segments)
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            guest.accept_nowait(BATCH)
        await there.goes_on()


async def test_a_guest_that_left_brings_nothing_more() -> None:
    async with scene() as there:
        guest = there.guest()
        await greeted(guest)
        guest.leave()
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            guest.accept_nowait(BATCH)


async def test_a_party_outside_of_the_roster_does_not_come_in() -> None:
    async with scene() as there:
        stranger = attrs.evolve(there.shown, claimed="mallory\x1b[31m")
        with pytest.raises(IdentityMismatch, match=r"mallory\\x1b\[31m refused: no such party"):
            there.door.arrive(stranger, never)
        await there.goes_on()


async def test_nobody_comes_in_with_the_handle_of_another_party() -> None:
    async with scene() as there:
        with pytest.raises(IdentityMismatch, match="no such party in the roster"):
            there.door.arrive(attrs.evolve(there.shown, claimed="p1"), never)
        await there.goes_on()
