"""One connection to a peer that takes messages one by one: calls side by side, one a session."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from partywire.delivery.calls import Call, Calls
from partywire.delivery.limits import MIB
from partywire.delivery.tags import Tag
from partywire.errors import PartywireError, Rejected, TransportError, Unreachable
from partywire.interfaces import Judge, Transport, UnaryChannel
from partywire.node.bell import Bell
from partywire.node.counterpart import NO_HELLO, Counterpart
from partywire.node.line import Line
from partywire.node.surroundings import Surroundings
from partywire.node.validity import OUT_OF_DATE

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from partywire.delivery.peers import Peer

_log = logging.getLogger("partywire")


@asynccontextmanager
async def called(
    transport: Transport,
    peer: "Peer",
    calls: Calls,
    party: str,
    surroundings: Surroundings,
    changed: Bell,
    judge: Judge,
) -> AsyncIterator[Line]:
    """Hold a line to a peer for what ``calls`` has, which ``party``, this one, sends."""
    async with transport.call(peer.party, judge) as channel:
        yield Calling(channel, peer, calls, party, surroundings, changed)


class Calling(Line):
    """Makes the calls of one peer, until the connection is not worth keeping."""

    def __init__(
        self,
        channel: UnaryChannel,
        peer: "Peer",
        calls: Calls,
        party: str,
        surroundings: Surroundings,
        changed: Bell,
    ) -> None:
        """Prepare; ``changed`` rings at each answer."""
        super().__init__(channel, peer, surroundings)
        self._channel = channel
        self._calls = calls
        self._party = party
        self._limits = peer.limits
        self._changed = changed
        self._work = Bell()

    async def greet(self, there: Counterpart) -> None:
        """Ask whether the peer answers: on this wire that is all there is to learn."""
        if there.take_proof is not None:
            raise Rejected(there.party, NO_HELLO)
        await self._channel.check()

    async def carry(self) -> TransportError:
        """Make calls until the connection ends, and return why it ended."""
        self._calls.wake = self._work.ring
        try:
            async with anyio.create_task_group() as group:
                self._scope = group.cancel_scope
                group.start_soon(self._watch)
                group.start_soon(self._probe)
                await self._pump(group)
        finally:
            self._calls.connection_ended()
            self._expiry.stop()
        return self._problem or Unreachable(self._peer.party, "the connection ended")

    async def _pump(self, group: "TaskGroup") -> None:
        while True:
            while (call := self._calls.next()) is not None:
                group.start_soon(self._make, call)
            self._changed.ring()
            await self._work.wait()

    async def _make(self, call: Call) -> None:
        """Make one call; whatever comes of it, the calls of other sessions go on."""
        tag = Tag(call.pair.session.id, self._party, call.round)
        with anyio.CancelScope() as scope:
            call.end = scope.cancel
            try:
                with anyio.fail_after(self._patience(call)):
                    if self._expiry.over():
                        self._out_of_date()
                        raise Unreachable(self._peer.party, OUT_OF_DATE)
                    status = await self._channel.send(tag, call.payload)
            except TimeoutError:
                self._calls.failed(call, f"no answer within {self._patience(call):.0f} s")
            except Unreachable as error:
                self._calls.failed(call, error.problem)
            except Rejected as error:
                self._calls.refused(call, error.problem)
            except PartywireError as error:
                self._calls.refused(call, str(error))
            except Exception as error:
                _log.exception("the transport failed towards %s", self._peer.party)
                name = type(error).__name__
                self.end(Rejected(self._peer.party, f"the transport failed with {name}"))
            else:
                self._calls.answered(call, status)
        self._changed.ring()

    def _patience(self, call: Call) -> float:
        """Return how long a call may take, in seconds; the larger the message, the longer."""
        return self._limits.call_timeout + len(call.payload) / MIB

    async def _probe(self) -> None:
        """Ask from time to time whether the peer still answers: it may say nothing for long.

        Not while a call is on its way: that is a question already, and a check may have to wait
        behind a large value.
        """
        while True:
            await anyio.sleep(self._limits.heartbeat)
            if self._calls.busy:
                continue
            try:
                with anyio.fail_after(self._limits.deliver_timeout):
                    await self._channel.check()
            except TimeoutError:
                problem = f"answered no check for {self._limits.deliver_timeout:.0f} s"
                self.end(Unreachable(self._peer.party, problem))
            except TransportError as error:
                self.end(error)
