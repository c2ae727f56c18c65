"""Hellos out of order and out of shape, probes that send batches, peers that only ever greet."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs
import pytest

from partywire.delivery.hello import NODE, PROBE, Hello, Welcome
from partywire.delivery.records import Status
from partywire.errors import Rejected
from tests.hostile.lair import lair, segment, whole
from tests.hostile.mallory import LIFE, Voice

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from partywire.delivery.hello import HelloAnswer
    from partywire.inbox import Guest

STEP = Hello(NODE, LIFE, 0.0, b"", 0.0, nonce=bytes(16))


def echo_of(answer: HelloAnswer, **changes: object) -> Hello:
    assert isinstance(answer, Hello)
    return attrs.evolve(STEP, nonce=b"", echo=answer.nonce, **changes)  # type: ignore[arg-type]


async def third_first(guest: Guest) -> None:
    await guest.greet(attrs.evolve(STEP, nonce=b"", echo=bytes(16)))


async def first_twice(guest: Guest) -> None:
    await guest.greet(STEP)
    await guest.greet(STEP)


async def third_twice(guest: Guest) -> None:
    third = echo_of(await guest.greet(STEP))
    assert isinstance(await guest.greet(third), Welcome)
    await guest.greet(third)


async def another_life_in_the_third(guest: Guest) -> None:
    await guest.greet(echo_of(await guest.greet(STEP), incarnation=bytes(16)))


async def its_own_nonce_as_echo(guest: Guest) -> None:
    await guest.greet(STEP)
    await guest.greet(attrs.evolve(STEP, nonce=b"", echo=STEP.nonce))


@pytest.mark.parametrize(
    "steps",
    [third_first, first_twice, third_twice, another_life_in_the_third, its_own_nonce_as_echo],
)
async def test_a_hello_out_of_order_is_refused(steps: Callable[[Guest], Awaitable[None]]) -> None:
    async with lair() as there:
        with pytest.raises(Rejected, match="mallory: a hello"):
            await steps(there.mallory.knocks("p1"))


async def test_an_echo_of_another_connection_opens_nothing() -> None:
    async with lair() as there:
        one, other = there.mallory.knocks("p1"), there.mallory.knocks("p1")
        third = echo_of(await one.greet(STEP))
        await other.greet(STEP)
        with pytest.raises(Rejected, match="does not echo the nonce"):
            await other.greet(third)


async def test_a_probe_that_sends_messages_is_refused_and_changes_no_life() -> None:
    async with lair() as there, there.p1.session(1):
        before = there.peer.incarnation
        guest = there.mallory.knocks("p1")
        probe = attrs.evolve(STEP, kind=PROBE, incarnation=b"a probe's life :")
        second = await guest.greet(probe)
        assert isinstance(second, Hello)
        await guest.greet(attrs.evolve(probe, nonce=b"", echo=second.nonce))
        batch = Voice(there.mallory, guest, second.incarnation).batch(segment(0, whole(0, b"x")))
        receipt = guest.accept_nowait(batch)
        assert receipt
        assert [each.status for each in receipt.flows] == [Status.NOT_MEMBER]
        assert there.pair().intake.number == 0
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            guest.accept_nowait(batch)
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            await guest.accept(batch)
        assert there.peer.incarnation == before


async def test_connections_without_number_hold_nothing_of_the_node_and_write_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One who comes again and again is answered by errors; the node says nothing of it."""
    async with lair() as there:
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "partywire"):
            for _ in range(500):
                guest = there.mallory.knocks("p1")
                with pytest.raises(Rejected):
                    await guest.greet(attrs.evolve(STEP, version=2))
                await there.mallory.calls("p1")
            await there.goes_on()
            assert len(caplog.records) == 0


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Welcome(roster_agrees=True), "ended the hello before its second step"),
        (attrs.evolve(STEP, echo=bytes(16)), "a hello that does not echo the nonce"),
        (attrs.evolve(STEP, kind=PROBE), "a hello of a kind that takes no calls"),
        (attrs.evolve(STEP, version=7), "it speaks version 7, this node version 1"),
        (attrs.evolve(STEP, incarnation=b""), "a hello with fields of wrong length"),
        (attrs.evolve(STEP, kind="x\n" * 1000), "a hello of unknown kind"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_one_who_answers_the_hello_wrongly_is_named_and_gets_no_batch(
    reply: HelloAnswer, words: str
) -> None:
    async with lair() as there, there.p1.session(1):
        there.mallory.greeting = lambda _: reply
        there.mallory.hang_up()
        there.mallory.heard.clear()
        await there.until(lambda: words in there.peer.link)
        await there.goes_on(20)
        assert there.mallory.batches("p1") == []
