"""Somebody else's client calls us: what it is told, byte for byte, and what arrives."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import anyio
import pytest

from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import Rejected
from tests.reference.foreign import (
    ACTIVE,
    COMPLETED,
    INACTIVE,
    foreign,
    health_tag,
    tag,
)
from tests.reference.ground import PATIENCE, THEIRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.reference.ground import Place

    Shown = Callable[[], dict[str, str] | None]

MIB = 1 << 20
SESSION = 0x0123456789ABCDEF_0011223344556677
TAG = tag(SESSION, THEIRS, 7)

TOLD: list[tuple[Status | Exception, tuple[str, str]]] = [
    (Status.ACTIVE, ("OK", ACTIVE)),
    (Status.INACTIVE, ("OK", INACTIVE)),
    (Status.COMPLETED, ("OK", COMPLETED)),
    (Status.FULL, ("RESOURCE_EXHAUSTED", "")),
    (Status.QUOTA, ("RESOURCE_EXHAUSTED", "")),
    (Status.NOT_MEMBER, ("NOT_FOUND", "")),
    (Status.TOO_LARGE, ("OUT_OF_RANGE", "")),
    (Rejected(THEIRS, "said by this test"), ("PERMISSION_DENIED", "")),
    (ValueError("a fault over here"), ("INTERNAL", "")),
]


async def test_each_outcome_has_its_status(somewhere: Place, shown: Shown) -> None:
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", somewhere.ports.reference, shown()) as theirs,
        ):
            for answer, wanted in TOLD:
                ours.counter.answers.append(answer)
                assert await theirs.call("SendValue", tag=TAG, size=3) == wanted
            assert await theirs.call("HealthCheck", tag=health_tag(THEIRS), size=9) == ("OK", "")
            assert ours.counter.checks.all == [THEIRS]
            assert len(ours.counter.guests) == 1, "one connection is judged once"


@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
@pytest.mark.parametrize("size", [0, MIB, 100 * MIB], ids=["empty", "1 MiB", "100 MiB"])
async def test_a_value_arrives_whole(somewhere: Place, shown: Shown, size: int) -> None:
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", somewhere.ports.reference, shown()) as theirs,
        ):
            assert await theirs.call("SendValue", tag=TAG, size=size, byte=7) == ("OK", ACTIVE)
            (taken,) = ours.counter.taken.all
            assert taken.tag == Tag(SESSION, THEIRS, 7)
            assert taken.size == size
            assert taken.digest == hashlib.sha256(bytes((7,)) * size).hexdigest()


async def test_calls_of_many_sessions_go_side_by_side(somewhere: Place, shown: Shown) -> None:
    sessions = range(60)
    with anyio.fail_after(PATIENCE):
        async with (
            somewhere.opened() as ours,
            foreign("client", somewhere.ports.reference, shown()) as theirs,
            anyio.create_task_group() as group,
        ):
            ours.counter.held = anyio.Event()

            async def release() -> None:
                """Answer none before all are here."""
                await ours.counter.taken.wait_for(len(sessions))
                ours.counter.held.set()

            group.start_soon(release)
            answers = await theirs.calls(
                *(
                    {"method": "SendValue", "tag": tag(each, THEIRS, 0), "size": 100}
                    for each in sessions
                )
            )
            assert answers == [("OK", ACTIVE)] * len(sessions)
            assert {taken.tag.session for taken in ours.counter.taken.all} == set(sessions)
