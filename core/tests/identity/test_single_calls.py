"""Messages that come alone, at a router that is none of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest
from anyio.lowlevel import checkpoint

from core.tests.identity.desk import PATIENCE, Counts, Desk
from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import Rejected
from partywire.node.bell import Bell

if TYPE_CHECKING:
    from partywire.identity import Identity

TAG = Tag(1, "bob", 0)


class Fails(Counts):
    """A router of a plugin, with a bug."""

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        raise KeyError(tag.session)


class TakesItsTime(Counts):
    """One that takes longer than a message may wait for room."""

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        with anyio.move_on_after(2 * PATIENCE):
            await anyio.sleep_forever()
        await checkpoint()
        return Status.ACTIVE


class IsFull(Counts):
    """One that never has room."""

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        return Status.FULL


def desk(router: Counts) -> Desk:
    made = Desk(router=router)
    made.room = Bell()
    return made


async def test_a_router_that_fails_raises_one_of_our_errors() -> None:
    with pytest.raises(Rejected, match="bob: the router failed with KeyError"):
        await desk(Fails()).bob().take(TAG, b"alone")


async def test_a_router_that_takes_none_says_so() -> None:
    with pytest.raises(Rejected, match="takes no single messages"):
        await desk(Counts()).bob().take(TAG, b"alone")


async def test_what_the_router_has_taken_is_answered_however_long_that_took() -> None:
    assert await desk(TakesItsTime()).bob().take(TAG, b"alone") is Status.ACTIVE


async def test_waiting_for_room_has_an_end() -> None:
    with anyio.fail_after(20.0):
        assert await desk(IsFull()).bob().take(TAG, b"alone") is Status.FULL
