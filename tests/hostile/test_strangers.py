"""Sessions that the peer is not in, or that nobody has; members that are none."""

from __future__ import annotations

import pytest

from partywire.delivery.ids import parties_digest
from partywire.delivery.records import (
    Abort,
    Control,
    Fin,
    Grant,
    Open,
    OpenReceipt,
    Status,
    Terms,
)
from partywire.errors import IdentityMismatch, TermsDiffer
from partywire_inmemory.handles import HandleEvidence
from tests.hostile.lair import lair, refused, segment, whole
from tests.hostile.mallory import MALLORY, ROOM, stays
from tests.interaction.scenes import tasks

OURS = ("p1", "p2")
TERMS = Terms(parties_digest(["p1", MALLORY]), "asynchronous", False, 32, 1 << 31)


@pytest.mark.parametrize(
    "control",
    [Open(1, TERMS, 0, 0, *ROOM), Grant(1, 5, 0, *ROOM), Fin(1, 0), Abort(1, "get out")],
    ids=lambda control: type(control).__name__,
)
async def test_a_control_record_for_a_session_that_she_is_not_in_does_nothing(
    control: Control,
) -> None:
    async with lair() as there, tasks() as beside:
        async with (
            there.p1.session(1, parties=OURS) as here,
            there.p2.session(1, parties=OURS) as other,
        ):
            receiving = beside.start(here.receive, "p2")
            await beside.parked(here)
            voice = await there.mallory.calls("p1")
            for _ in range(100):
                receipt = voice.says(control)
                if isinstance(control, Open):
                    assert receipt.opens == [OpenReceipt(1, Status.NOT_MEMBER)]
            await other.send("p1", b"undisturbed")
            assert await receiving.result() == b"undisturbed"
            assert len(there.peer.early) == 0


async def test_messages_for_a_session_that_she_is_not_in_are_refused_and_take_no_room(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with lair() as there:
        async with (
            there.p1.session(1, parties=OURS) as here,
            there.p2.session(1, parties=OURS) as other,
        ):
            voice = await there.mallory.calls("p1")
            for number in range(100):
                (flow,) = voice.says(segment(number, whole(number, bytes(1000)))).flows
                assert flow.status is Status.NOT_MEMBER
                assert (flow.number, flow.messages, flow.bytes) == (0, 0, 0)
            assert there.peer.budget.held == 0
            await other.send("p1", b"undisturbed")
            assert await here.receive("p2") == b"undisturbed"
    assert sum("it is no member here" in line for line in caplog.messages) == 1


async def test_a_session_that_she_names_is_not_opened_for_her() -> None:
    """What she says of it is kept as early, and she is told the terms when it opens without her."""
    async with lair() as there:
        voice = await there.mallory.calls("p1")
        voice.says(Open(1, TERMS, 0, 0, *ROOM), segment(0, whole(0, b"forged")))
        async with (
            there.p1.session(1, parties=OURS) as here,
            there.p2.session(1, parties=OURS) as other,
        ):
            assert there.peer.early.cost == 0
            await other.send("p1", b"genuine")
            assert await here.receive("p2") == b"genuine"


async def test_an_open_for_a_session_with_foreign_members_fails_her_pair_alone() -> None:
    async with lair() as there, there.p1.session(1) as session:
        voice = await there.mallory.calls("p1")
        foreign = Terms(
            parties_digest(["p1", MALLORY, "trent"]), "asynchronous", False, 32, 1 << 31
        )
        voice.says(Open(1, foreign, 0, 0, *ROOM))
        error = await refused(session)
        assert isinstance(error, TermsDiffer)
        assert "parties here" in str(error)


@pytest.mark.parametrize("claimed", ["p1", "p2", "trent", "", "mallory\n2026 ERROR", "m" * 10_000])
async def test_she_comes_in_as_nobody_else(claimed: str) -> None:
    async with lair() as there:
        _, door = there.mallory.network.find("p1")
        evidence = HandleEvidence(claimed, "her lair", there.mallory.handle)
        with pytest.raises(IdentityMismatch) as caught:
            door.arrive(evidence, stays)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 200
