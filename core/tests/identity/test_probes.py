"""What a probe is answered: the hello, the way back, and its filler once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import attrs
import pytest

from core.tests.identity.desk import BATCH, FIRST, LIFE, Desk, third
from partywire.delivery.filler import filler
from partywire.delivery.hello import NONCE, PROBE, Way, WayBack, Welcome
from partywire.delivery.records import (
    CHUNK,
    Batch,
    Fin,
    FlowReceipt,
    Receipt,
    Record,
    Segment,
    Status,
)
from partywire.errors import Rejected

if TYPE_CHECKING:
    from partywire.node.visitor import Visitor


async def test_a_probe_is_answered_and_changes_nothing() -> None:
    desk = Desk()
    bob = desk.bob()
    second = await bob.greet(attrs.evolve(FIRST, kind=PROBE))
    assert isinstance(await bob.greet(third(second, kind=PROBE)), Welcome)
    bob.accept_nowait(BATCH)
    with pytest.raises(Rejected, match="outside of a greeted connection"):
        bob.accept_nowait(BATCH)
    assert desk.told == []
    assert desk.router.taken == 0


async def test_a_probe_and_nobody_else_is_told_of_the_way_back() -> None:
    desk = Desk()
    probe, node = desk.bob(), desk.bob()
    end = await probe.greet(third(await probe.greet(attrs.evolve(FIRST, kind=PROBE)), kind=PROBE))
    assert end == Welcome(True, WayBack(Way.UNREACHABLE, 7.0))
    assert await node.greet(third(await node.greet(FIRST))) == Welcome(True)


async def probing(desk: Desk) -> Visitor:
    """A probe of Bob that was greeted."""
    bob = desk.bob()
    await bob.greet(third(await bob.greet(attrs.evolve(FIRST, kind=PROBE)), kind=PROBE))
    return bob


async def test_filler_of_a_probe_is_answered_once_and_thrown_away() -> None:
    desk = Desk()
    answer = Receipt([], [FlowReceipt(0, Status.NOT_MEMBER, 0, 0, 0, 0)])
    batch = filler(LIFE, b"a" * NONCE, bytes(CHUNK))
    one, other = await probing(desk), await probing(desk)
    assert one.accept_nowait(batch) == answer
    assert await other.accept(batch) == answer
    for bob in (one, other):
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            bob.accept_nowait(batch)
        with pytest.raises(Rejected, match="outside of a greeted connection"):
            await bob.accept(batch)
    assert desk.router.taken == 0


FILLER = filler(LIFE, b"a" * NONCE, b"")
(SEGMENT,) = FILLER.segments


@pytest.mark.parametrize(
    "batch",
    [
        filler(LIFE, b"a" * NONCE, bytes(CHUNK + 1)),
        attrs.evolve(FILLER, controls=[Fin(1, 0)]),
        attrs.evolve(FILLER, segments=[SEGMENT, SEGMENT]),
        attrs.evolve(FILLER, segments=[attrs.evolve(SEGMENT, records=SEGMENT.records * 2)]),
    ],
    ids=["large", "control record", "segments", "records"],
)
async def test_what_is_no_filler_ends_the_connection_of_a_probe(batch: Batch) -> None:
    desk = Desk()
    bob = await probing(desk)
    with pytest.raises(Rejected, match="no filler"):
        bob.accept_nowait(batch)
    with pytest.raises(Rejected):
        bob.accept_nowait(FILLER)
    assert desk.router.taken == 0


async def test_filler_is_taken_while_the_identity_holds() -> None:
    desk = Desk(valid_until=200.0)
    late, gone = await probing(desk), await probing(desk)
    desk.now = 200.0
    with pytest.raises(Rejected, match="out of date"):
        late.accept_nowait(FILLER)
    gone.leave()
    with pytest.raises(Rejected, match="greeted"):
        gone.accept_nowait(FILLER)


async def test_filler_is_answered_in_the_memory_of_it_alone() -> None:
    """Nothing holds on to what was thrown away."""
    desk = Desk()
    data = memoryview(bytearray(CHUNK))
    batch = Batch(LIFE, b"a" * NONCE, [], [Segment(1, 0, 0, [Record(0, 0, CHUNK, data)])])
    (await probing(desk)).accept_nowait(batch)
    del batch
    assert sys.getrefcount(data) == 2
