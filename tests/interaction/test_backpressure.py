"""Small mailboxes and slow readers: senders wait, nothing is lost, and nobody else is held up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from partywire.errors import MailboxOverflow, OutboxFull
from tests.interaction.scenes import opened, settled, tasks, together

if TYPE_CHECKING:
    from partywire import Session
    from tests.interaction.venues import Venue

SMALL: dict[str, object] = {"mailbox_messages": 3, "mailbox_bytes": 4_000}
TIGHT: dict[str, object] = {**SMALL, "label_overdraft": 4_000}
COUNT = 40


async def send_many(session: Session, peer: str, count: int = COUNT, size: int = 10) -> None:
    for number in range(count):
        await session.send(peer, number.to_bytes(4, "big") + bytes(size), label=7)


async def read_many(session: Session, peer: str, count: int = COUNT, size: int = 10) -> None:
    for number in range(count):
        got = await session.receive(peer, label=7)
        assert got == number.to_bytes(4, "big") + bytes(size)


async def test_a_sender_waits_for_a_slow_reader_and_nothing_is_lost(venue: Venue) -> None:
    async with venue.network(2, limits=SMALL) as nodes, opened(nodes, labels=True) as (p1, p2):
        await settled()  # what is on its way while the sessions open may go twice
        async with tasks() as beside:
            sending = beside.start(send_many, p1, "p2")
            await beside.parked(p1)
            await settled()
            assert not sending.done
            sent = p1.counters["p2"].messages_sent
            assert sent <= 2 * SMALL["mailbox_messages"] + 1  # type: ignore[operator]
            await read_many(p2, "p1")
            await sending.result()
            assert p2.counters["p1"].duplicates == 0


async def test_a_mailbox_is_bounded_in_bytes_too(venue: Venue) -> None:
    limits = {**SMALL, "mailbox_messages": 1_000}
    async with venue.network(2, limits=limits) as nodes, opened(nodes, labels=True) as (p1, p2):
        async with tasks() as beside:
            sending = beside.start(send_many, p1, "p2", COUNT, 900)
            await beside.parked(p1)
            await settled()
            assert p1.counters["p2"].messages_sent <= 2 * 4
            await read_many(p2, "p1", COUNT, 900)
            await sending.result()


async def test_a_message_of_any_size_fits_an_empty_mailbox(venue: Venue) -> None:
    async with venue.network(2, limits=SMALL) as nodes, opened(nodes, labels=True) as (p1, p2):
        for size in (5_000, 3_000_000, 0, 100_000):
            await p1.send("p2", b"x" * size, label=7)
            assert len(await p2.receive("p1", label=7)) == size


async def test_other_sessions_of_the_same_two_go_on(venue: Venue) -> None:
    async with (
        venue.network(2, limits=SMALL) as nodes,
        opened(nodes, "stuck", labels=True) as (stuck, slow),
        opened(nodes, "free", labels=True) as (p1, p2),
        tasks() as beside,
    ):
        sending = beside.start(send_many, stuck, "p2")
        await beside.parked(stuck)
        await together(lambda: send_many(p1, "p2"), lambda: read_many(p2, "p1"))
        assert not sending.done
        await read_many(slow, "p1")
        await sending.result()


async def test_other_peers_of_the_same_session_go_on(venue: Venue) -> None:
    async with (
        venue.network(3, limits=SMALL) as nodes,
        opened(nodes, labels=True) as (p1, p2, p3),
        tasks() as beside,
    ):
        sending = beside.start(send_many, p1, "p2")
        await beside.parked(p1)
        await together(
            lambda: send_many(p1, "p3"),
            lambda: read_many(p3, "p1"),
            lambda: send_many(p3, "p2"),
            lambda: read_many(p2, "p3"),
        )
        assert not sending.done
        await read_many(p2, "p1")
        await sending.result()


async def test_send_to_all_reaches_the_others_while_one_outbox_is_full(venue: Venue) -> None:
    async with (
        venue.network(3, limits=SMALL) as nodes,
        opened(nodes, labels=True) as (p1, p2, p3),
        tasks() as beside,
    ):
        sending = beside.start(send_many, p1, "p2")
        await beside.parked(p1)
        to_all = beside.start(p1.send_to_all, b"to all")
        assert await p3.receive("p1") == b"to all"
        assert not to_all.done
        await read_many(p2, "p1")
        await sending.result()
        await to_all.result()
        assert await p2.receive("p1") == b"to all"


async def test_send_nowait_says_that_the_outbox_is_full(venue: Venue) -> None:
    async with venue.network(2, limits=SMALL) as nodes, nodes["p1"].session(1) as p1:
        for number in range(3):
            p1.send_nowait("p2", b"%d" % number)
            p1.next_round()
        with pytest.raises(OutboxFull, match="the outbox to p2 is full"):
            p1.send_nowait("p2", b"one too many")
        async with nodes["p2"].session(1) as p2:
            await p1.flush()
            p1.send_nowait("p2", b"3")
            for number in range(4):
                assert await p2.receive("p1") == b"%d" % number
                p2.next_round()


async def test_a_receive_in_another_order_overdraws_a_labelled_mailbox(venue: Venue) -> None:
    limits = {**SMALL, "label_overdraft": 1_000_000}
    async with venue.network(2, limits=limits) as nodes, opened(nodes, labels=True) as (p1, p2):
        async with tasks() as beside:
            reading = beside.start(_read_last_first, p2)
            for label in range(COUNT):
                await p1.send("p2", b"%d" % label, label=label)
            assert await reading.result() == [b"%d" % label for label in reversed(range(COUNT))]


async def _read_last_first(session: Session) -> list[bytes]:
    return [await session.receive("p1", label=label) for label in reversed(range(COUNT))]


async def test_a_receive_of_another_peer_overdraws_it_too(venue: Venue) -> None:
    """p2 reads p3 only after p1's last label; p3's labels must not get stuck behind p1's."""
    limits = {**SMALL, "label_overdraft": 1_000_000}
    async with venue.network(3, limits=limits) as nodes, opened(nodes, labels=True) as sessions:
        p1, p2, p3 = sessions
        async with tasks() as beside:
            receiving = beside.start(_received, p2, "p3", 99)
            sending = beside.start(send_many, p1, "p2")
            await sending.result()
            await p3.send("p2", b"at last", label=99)
            assert await receiving.result() == b"at last"
            await read_many(p2, "p1")


async def _received(session: Session, peer: str, label: int) -> bytes:
    return await session.receive(peer, label=label)


async def test_beyond_the_overdraft_the_starving_receive_is_told(venue: Venue) -> None:
    async with venue.network(2, limits=TIGHT) as nodes, opened(nodes, labels=True) as (p1, p2):
        async with tasks() as beside:
            receiving = beside.start(_received, p2, "p1", 0xABC)
            sending = beside.start(send_many, p1, "p2", COUNT, 900)
            error = await receiving.error(MailboxOverflow)
            assert (error.session, error.party) == (1, "p1")
            assert "label 0xabc" in str(error)
            with pytest.raises(MailboxOverflow):
                await p2.receive("p1", label=0xABC)
            await read_many(p2, "p1", COUNT, 900)
            await sending.result()
            await p1.send("p2", b"here", label=0xABC)
            assert await p2.receive("p1", label=0xABC) == b"here"


async def test_an_overflow_is_of_one_peer(venue: Venue) -> None:
    async with venue.network(3, limits=TIGHT) as nodes, opened(nodes, labels=True) as sessions:
        p1, p2, p3 = sessions
        async with tasks() as beside:
            receiving = beside.start(_received, p2, "p3", 1)
            sending = beside.start(send_many, p1, "p2", COUNT, 900)
            await beside.parked(p1)
            await settled()
            assert not receiving.done
            await p3.send("p2", b"fine", label=1)
            assert await receiving.result() == b"fine"
            await read_many(p2, "p1", COUNT, 900)
            await sending.result()


async def test_sessions_that_share_a_peers_budget_all_go_on(venue: Venue) -> None:
    limits = {"largest_message": 3_000, "peer_bytes": 4_000}
    async with (
        venue.network(2, limits=limits) as nodes,
        opened(nodes, "a") as (a1, a2),
        opened(nodes, "b") as (b1, b2),
        opened(nodes, "c") as (c1, c2),
    ):
        await together(
            *[partial(_send_rounds, sender) for sender in (a1, b1, c1)],
            *[partial(_read_rounds, reader) for reader in (c2, a2, b2)],
        )


async def _send_rounds(session: Session) -> None:
    for _ in range(5):
        await session.send("p2", b"x" * 3_000)
        session.next_round()


async def _read_rounds(session: Session) -> None:
    for _ in range(5):
        assert len(await session.receive("p1")) == 3_000
        session.next_round()
