"""Programs that wait for each other in circles come through, however small the mailboxes are."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

from tests.interaction.scenes import opened, together

if TYPE_CHECKING:
    from partywire import Session
    from tests.interaction.venues import Venue

TINY: dict[str, object] = {"mailbox_messages": 1, "mailbox_bytes": 200, "look_ahead": 1}
ROUNDS = 12


async def test_all_send_before_anybody_reads(venue: Venue) -> None:
    async def program(session: Session) -> None:
        for _ in range(ROUNDS):
            await session.send_to_all(bytes(1_000))
            assert len(await session.gather()) == 2
            session.next_round()

    async with venue.network(3, limits=TINY) as nodes, opened(nodes) as sessions:
        await together(*(partial(program, session) for session in sessions))


async def test_a_ring_in_which_everybody_waits_for_the_next(venue: Venue) -> None:
    async def program(session: Session) -> None:
        order = ["p1", "p2", "p3", "p4"]
        place = order.index(session.party)
        after, before = order[(place + 1) % 4], order[place - 1]
        for number in range(ROUNDS):
            await session.send(after, b"%d" % number + bytes(500))
            assert (await session.receive(before)).startswith(b"%d" % number)
            session.next_round()

    async with venue.network(4, limits=TINY) as nodes, opened(nodes) as sessions:
        await together(*(partial(program, session) for session in sessions))


async def test_one_runs_ahead_while_the_others_wait_in_a_circle(venue: Venue) -> None:
    """p1 only sends; p2 and p3 exchange first and read p1 afterwards."""

    async def ahead(p1: Session) -> None:
        for _ in range(ROUNDS):
            await p1.send_to_all(bytes(1_000))
            p1.next_round()

    async def circle(session: Session, other: str) -> None:
        for _ in range(ROUNDS):
            await session.exchange({other: bytes(1_000)})
            assert len(await session.receive("p1")) == 1_000
            session.next_round()

    async with venue.network(3, limits=TINY) as nodes, opened(nodes) as (p1, p2, p3):
        await together(partial(ahead, p1), partial(circle, p2, "p3"), partial(circle, p3, "p2"))


async def test_labels_read_in_opposite_orders(venue: Venue, seed: int) -> None:
    """Each sends all of its labels before it reads; everybody reads in an order of their own."""
    limits = {"mailbox_messages": 2, "mailbox_bytes": 400, "label_overdraft": "1MiB"}
    labels = range(30)

    async def sends(session: Session) -> None:
        for label in labels:
            await session.send_to_all(bytes(100), label=label)

    async def reads(session: Session, order: list[int]) -> None:
        for label in order:
            assert len(await session.gather(label=label)) == 2

    chance = random.Random(seed)
    async with venue.network(3, limits=limits) as nodes, opened(nodes, labels=True) as sessions:
        orders = [list(labels), list(reversed(labels)), chance.sample(labels, len(labels))]
        await together(
            *(partial(sends, session) for session in sessions),
            *(partial(reads, *both) for both in zip(sessions, orders, strict=True)),
        )


async def test_a_session_read_late_does_not_hold_up_one_read_first(venue: Venue) -> None:
    """Both send in two sessions, first one and then the other.

    Both read them the other way round.
    """

    async def program(first: Session, second: Session, peer: str) -> None:
        for _ in range(ROUNDS):
            await first.send(peer, bytes(1_000))
            await second.send(peer, bytes(1_000))
            assert len(await second.receive(peer)) == 1_000
            assert len(await first.receive(peer)) == 1_000
            first.next_round()
            second.next_round()

    async with (
        venue.network(2, limits=TINY) as nodes,
        opened(nodes, "a") as (a1, a2),
        opened(nodes, "b") as (b1, b2),
    ):
        await together(partial(program, a1, b1, "p2"), partial(program, a2, b2, "p1"))
