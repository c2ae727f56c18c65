"""What a session router promises of messages that come alone."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

import anyio
import pytest
from anyio.lowlevel import checkpoint

from partywire.delivery.limits import Limits
from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.errors import Rejected
from partywire.interfaces import SessionRouter
from partywire.session.lifetimes import background
from partywire.testing.contract import Contract
from partywire.testing.desk import SENDERS, SESSION, Desk, desk, identity, open_early

MOMENTS: Final = 8
"""After how many turns of the event loop a call is cancelled, one after another."""
EARLY: Final = 9
"""A session that the peers alone have opened."""


class SingleMessages(Contract, ABC):
    """Of a router with a `take` of its own; one without it refuses them all, and is skipped."""

    @abstractmethod
    def router(self, local: SessionRouter) -> AbstractAsyncContextManager[SessionRouter]:
        """Open the router; ``local`` is the built-in one, as a node would give it."""

    @asynccontextmanager
    async def taking(self, at: Desk) -> AsyncIterator[SessionRouter]:
        """Open the router over a desk, where it takes single messages."""
        async with self.router(at.local) as router:
            if type(router).take is SessionRouter.take:
                pytest.skip("this router takes no single messages")
            yield router

    async def test_a_single_message_reaches_the_session_by_its_round(self) -> None:
        """Under the identity, and what two peers send to one session stays apart."""
        at = desk(SESSION)
        sent = {
            (party, number): f"{party} {number}".encode() for party in SENDERS for number in (0, 1)
        }
        async with self.taking(at) as router:
            for (party, number), payload in sent.items():
                await _take(router, payload, number, party)
            assert {place: at.came_alone(*place) for place in sent} == sent

    async def test_single_messages_are_answered_as_the_sessions_do(self) -> None:
        """As the built-in router answers: early, open, repeated, without room, ended."""
        at, twin = desk(SESSION), desk(SESSION)
        for each in (at, twin):
            open_early(each, EARLY)
        ahead = Limits().look_ahead + 1
        places = [(EARLY, 0), (SESSION, 0), (SESSION, 0), (SESSION, ahead)]
        async with self.taking(at) as router:
            for session, number in places:
                told = await _take(router, b"x", number, session=session)
                assert told is await _take(twin.local, b"x", number, session=session)
            for each in (at, twin):
                each.leave(SESSION)
            assert await _take(router, b"x", 1) is await _take(twin.local, b"x", 1)

    async def test_single_messages_of_one_peer_pass_side_by_side(self) -> None:
        """While one waits, that of another session is taken."""
        at = desk(SESSION, 2)
        at.local.held["p1"] = anyio.Event()
        async with self.taking(at) as router, background() as group:
            group.start_soon(_take, router, b"stuck")
            await anyio.wait_all_tasks_blocked()
            del at.local.held["p1"]
            with anyio.fail_after(self.patience):
                await _take(router, b"x", session=2)
            assert at.came_alone("p1", 0, session=2) == b"x"

    async def test_a_cancelled_single_message_can_come_again(self) -> None:
        """Cancelled at whatever moment, it was taken or not; when it came again, it is there."""
        for turns in range(MOMENTS):
            at = desk(SESSION)
            async with self.taking(at) as router:
                async with background() as group:
                    group.start_soon(_take, router, b"x")
                    for _ in range(turns):
                        await checkpoint()
                with anyio.fail_after(self.patience):
                    await _take(router, b"x")
                assert at.came_alone("p1", 0) == b"x"

    async def test_a_rejection_of_a_single_message_passes(self) -> None:
        """`Rejected`, of the sessions or its own, is no answer."""
        at = desk(SESSION)
        at.local.rejects = True
        async with self.taking(at) as router:
            with pytest.raises(Rejected):
                await _take(router, b"x")


async def _take(
    router: SessionRouter,
    payload: bytes,
    number: int = 0,
    party: str = "p1",
    session: int = SESSION,
) -> Status:
    return await router.take(identity(party), Tag(session, party, number), payload)
