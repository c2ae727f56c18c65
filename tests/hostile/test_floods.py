"""Floods: of early sessions, of labels, of rounds far ahead, of OPENs, FINs and ABORTs."""

from __future__ import annotations

import tracemalloc
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import attrs
import pytest

from partywire.delivery.records import (
    MAX_CONTROLS,
    Abort,
    Control,
    Fin,
    Grant,
    Open,
    Receipt,
    Segment,
    Status,
    label_slot,
)
from partywire.errors import MailboxOverflow, PeerAborted, PeerLeft, ProtocolViolation, TermsDiffer
from tests.hostile.lair import Lair, lair, refused, segment, whole
from tests.hostile.mallory import MALLORY, ROOM
from tests.interaction.scenes import tasks

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20


def statuses(receipt: Receipt) -> list[Status]:
    return [flow.status for flow in receipt.flows]


async def test_early_sessions_beyond_the_quota_are_not_kept() -> None:
    async with lair(early_sessions=100) as there:
        voice = await there.mallory.calls("p1")
        said = []
        for start in range(1000, 4000, 1000):
            flood = [segment(0, whole(0, b"x"), session=start + each) for each in range(1000)]
            said += statuses(voice.says(*flood))
        assert said == [Status.INACTIVE] * 100 + [Status.QUOTA] * 2900
        assert len(there.peer.early) == 100
        async with there.p1.session(3999) as session, there.p2.session(3999) as other:
            await other.send("p1", b"honest")
            assert await session.receive("p2") == b"honest"


async def test_early_bytes_beyond_the_quota_are_not_kept() -> None:
    async with lair(early_bytes="4MiB") as there:
        voice = await there.mallory.calls("p1")
        tracemalloc.start()
        try:
            for session in range(100, 164):
                voice.says(segment(0, whole(0, bytes(500_000)), session=session))
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert there.peer.early.cost <= 4 * MIB
        assert held < 6 * MIB


async def test_empty_early_messages_take_no_more_memory_than_they_are_counted() -> None:
    """A small message costs more than its payload; the flat cost has to cover it."""
    async with lair(early_bytes="4MiB") as there:
        voice = await there.mallory.calls("p1")
        flood = voice.batch(segment(0, *[whole(each, b"") for each in range(16_000)], session=100))
        tracemalloc.start()
        try:
            for start in range(0, 40_000, 16_000):
                flood.segments[0].number = start
                voice.guest.accept_nowait(flood)
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert there.peer.early.cost <= 4 * MIB
        assert held < 3 * there.peer.early.cost


KINDS: dict[str, Callable[[Lair, int], Control]] = {
    "OPEN": lambda there, session: Open(session, there.terms(1 << 64), 0, 0, *ROOM),
    "CREDIT": lambda _, session: Grant(session, 0, 0, *ROOM),
    "FIN": lambda _, session: Fin(session, 1 << 60),
    "ABORT": lambda _, session: Abort(session, "x" * 256),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_control_records_of_sessions_that_nobody_has_are_bounded(kind: str) -> None:
    async with lair(early_sessions=50) as there:
        voice = await there.mallory.calls("p1")
        for start in range(1000, 9000, MAX_CONTROLS):
            flood = [KINDS[kind](there, start + each) for each in range(MAX_CONTROLS)]
            receipt = voice.says(*flood)
            assert len(receipt.opens) == (MAX_CONTROLS if kind == "OPEN" else 0)
        assert len(there.peer.early) == (0 if kind == "CREDIT" else 50)
        assert there.peer.early.cost == 0


@pytest.mark.parametrize(
    ("kind", "error"),
    [("OPEN", None), ("CREDIT", None), ("FIN", PeerLeft), ("ABORT", PeerAborted)],
)
async def test_one_control_record_thousands_of_times_acts_once(
    kind: str, error: type[Exception] | None
) -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        flood: list[Control] = [KINDS[kind](there, 1)] * MAX_CONTROLS
        if kind == "FIN":
            flood = [Fin(1, 0)] * MAX_CONTROLS
        before = len(there.mallory.batches("p1"))
        for _ in range(5):
            voice.says(*flood)
        await there.goes_on()
        assert len(there.mallory.batches("p1")) <= before + 5
        if error is not None:
            assert isinstance(await refused(session), error)


async def test_opens_with_other_terms_each_time_fail_the_pair_and_are_answered_aborted() -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        terms = there.terms()
        flood = [
            Open(1, attrs.evolve(terms, look_ahead=each + 1), 0, 0, *ROOM) for each in range(31)
        ]
        receipt = voice.says(*flood)
        assert [one.status for one in receipt.opens[1:]] == [Status.ABORTED] * 30
        assert isinstance(await refused(session), TermsDiffer)
        await there.goes_on()
        said = [
            one
            for batch in there.mallory.batches("p1")
            for one in batch.controls
            if isinstance(one, Abort)
        ]
        assert {one.reason for one in said} == {"TermsDiffer"}
        assert len(said) <= 2


async def test_rounds_far_ahead_are_full_and_take_no_room() -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        flood = segment(0, *[whole(each, b"x") for each in range(10_000)])
        (flow,) = voice.says(flood).flows
        assert (flow.status, flow.number) == (Status.FULL, 33)
        for _ in range(1000):
            (flow,) = voice.says(segment(33, whole(33, b"x"))).flows
            assert flow.status is Status.FULL
        assert there.pair().intake.mailbox.count == 33
        for _ in range(33):
            assert await session.receive(MALLORY) == b"x"
            session.next_round()


def labels(start: int, count: int, size: int) -> Segment:
    return segment(start, *[whole(label_slot(start + each), bytes(size)) for each in range(count)])


async def test_labels_that_nobody_reads_fill_a_mailbox_and_no_more() -> None:
    async with lair(mailbox_bytes="1MiB", label_overdraft="2MiB") as there:
        async with there.p1.session(1, labels=True):
            voice = await there.mallory.calls("p1")
            said = {statuses(voice.says(labels(at, 90, 10_000)))[0] for at in range(0, 900, 90)}
            assert said == {Status.ACTIVE, Status.FULL, Status.GAP}
            assert there.peer.budget.held <= MIB


async def test_labels_that_starve_a_receive_overdraw_to_a_bound_and_it_is_told() -> None:
    """A receive from her raises; one from an honest party of the same session goes on."""
    async with lair(mailbox_bytes="1MiB", label_overdraft="2MiB") as there, tasks() as beside:
        async with (
            there.p1.session(1, labels=True) as session,
            there.p2.session(1, labels=True) as other,
        ):
            voice = await there.mallory.calls("p1")
            starving = beside.start(partial(session.receive, MALLORY, label=5000))
            patient = beside.start(partial(session.receive, "p2", label=5))
            await beside.parked(session, 2)
            for start in range(0, 900, 90):
                voice.says(labels(start, 90, 10_000))
            assert MIB < there.peer.budget.held <= 2 * MIB
            error = await starving.error(MailboxOverflow)
            assert "mallory" in str(error)
            await other.send("p1", b"honest", label=5)
            assert await patient.result() == b"honest"


async def test_empty_labelled_messages_take_no_more_memory_than_they_are_counted() -> None:
    async with lair(mailbox_bytes="8MiB", mailbox_messages=100_000) as there:
        async with there.p1.session(1, labels=True):
            voice = await there.mallory.calls("p1")
            flood = [voice.batch(labels(start, 10_000, 0)) for start in range(0, 50_000, 10_000)]
            tracemalloc.start()
            try:
                for batch in flood:
                    voice.guest.accept_nowait(batch)
                held, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert there.pair().intake.mailbox.count == 50_000
            assert held < 2 * there.peer.budget.held


async def test_her_budget_is_hers_and_spent_over_all_sessions() -> None:
    limits = {"peer_bytes": "2MiB", "largest_message": "1MiB"}
    async with lair(**limits) as there, AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(there.p1.session(100 + each)) for each in range(20)
        ]
        voice = await there.mallory.calls("p1")
        flood = [segment(0, whole(0, bytes(400_000)), session=session.id) for session in sessions]
        said = [statuses(voice.says(each))[0] for each in flood]
        assert said == [Status.ACTIVE] * 5 + [Status.FULL] * 15
        assert there.peer.budget.held <= 2 * MIB
        assert there.table.peers["p2"].budget.held <= 1_000
        for session in sessions[:5]:
            assert len(await session.receive(MALLORY)) == 400_000
        await there.until(lambda: len(granted(there)) >= 5)
        assert granted(there) <= {session.id for session in sessions[5:]}


def granted(there: Lair) -> set[int]:
    return {
        one.session
        for batch in there.mallory.batches("p1")
        for one in batch.controls
        if isinstance(one, Grant)
    }


async def test_a_flood_after_the_end_is_aborted_and_takes_nothing() -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        voice.says(segment(0, whole(5, b"x"), whole(5, b"x")))
        error = await refused(session)
        assert isinstance(error, ProtocolViolation)
        for _ in range(10):
            flood = [segment(each, whole(each, bytes(1000))) for each in range(500)]
            assert set(statuses(voice.says(*flood))) == {Status.ABORTED}
        assert there.peer.budget.held <= 1_000
        await there.goes_on()
        aborts = [
            one
            for batch in there.mallory.batches("p1")
            for one in batch.controls
            if isinstance(one, Abort)
        ]
        assert len(aborts) <= 12
