"""One greeted connection to a peer: batches out, answers back, until it is not worth keeping."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from partywire.delivery.dispatch import Flight
from partywire.delivery.pair import Pair
from partywire.delivery.peers import Peer
from partywire.delivery.records import Receipt
from partywire.delivery.table import SessionTable
from partywire.errors import Malformed, Rejected, TransportError, Unreachable
from partywire.interfaces import Answered, Channel, Judge, Transport
from partywire.node.bell import Bell
from partywire.node.counterpart import Counterpart
from partywire.node.introduction import Introduction
from partywire.node.line import Line

if TYPE_CHECKING:
    from partywire.delivery.agenda import Appointment

_log = logging.getLogger("partywire")

_BATCHES_AT_A_TIME = 8


@asynccontextmanager
async def connected(
    transport: Transport,
    peer: Peer,
    table: SessionTable,
    introduction: Introduction,
    changed: Bell,
    judge: Judge,
) -> AsyncIterator[Line]:
    """Hold a connection to a peer, for batches."""
    async with transport.connect(peer.party, judge) as channel:
        yield Connection(channel, peer, table, introduction, changed)


class Connection(Line):
    """Carries what the dispatch of a peer has, over one channel and in order."""

    def __init__(
        self,
        channel: Channel,
        peer: Peer,
        table: SessionTable,
        introduction: Introduction,
        changed: Bell,
    ) -> None:
        """Prepare; ``changed`` rings at each answer."""
        super().__init__(channel, peer, introduction.surroundings)
        self._channel = channel
        self._dispatch = peer.dispatch
        self._table = table
        self._introduction = introduction
        self._timeout = peer.limits.deliver_timeout
        self._changed = changed
        self._work = Bell()
        self._idle = False
        self._held: Flight | None = None
        self._overdue: Appointment | None = None

    async def greet(self, there: Counterpart) -> None:
        """Go through the hello, which proves which life of the peer is there."""
        party, dispatch = self._peer.party, self._dispatch
        met, welcome = await self._introduction.greet(there, self._channel)
        self._table.greeted(party, met.hello.incarnation, met.asked)
        dispatch.sender = self._introduction.incarnation
        dispatch.receiver = met.hello.incarnation
        if self._peer.roster_agrees and not welcome.roster_agrees:
            _log.warning(
                "%s has another roster, and its sessions may differ; compare the ids of its "
                "[[peer]] tables with ours",
                party,
            )
        self._peer.roster_agrees = welcome.roster_agrees
        if not self._peer.callers:
            self._peer.uncalled.begin()

    async def carry(self) -> TransportError:
        """Send until the connection ends, and return why it ended."""
        self._dispatch.wake, self._dispatch.hand_over = self._work.ring, self.hand_over
        try:
            async with anyio.create_task_group() as group:
                self._scope = group.cancel_scope
                group.start_soon(self._watch)
                try:
                    await self._pump()
                except TransportError as error:
                    self.end(error)
        finally:
            self._dispatch.connection_ended()
            self._expiry.stop()
            if self._overdue is not None:
                self._overdue.cancel()
        return self._problem or Unreachable(self._peer.party, "the connection ended")

    def hand_over(self, pair: Pair) -> None:
        """Send a lone message without the hop through this connection's task.

        Called by sending tasks only. In a burst the first message goes at once and the others in a
        batch.
        """
        flight = self._dispatch.lone(pair) if self._idle else None
        if flight is None:
            self._dispatch.ready(pair)
        elif self._sent(flight):
            self._expect_answers()
        else:
            self._dispatch.awake = True
            self._work.ring()

    async def _pump(self) -> None:
        dispatch = self._dispatch
        dispatch.awake = True
        while True:
            if self._held is not None:
                await self._deliver(self._held)
            elif self._send_now():
                dispatch.armed = self._idle = True
                self._changed.ring()
                try:
                    await self._work.wait()
                finally:
                    self._idle = False
            else:
                await anyio.lowlevel.checkpoint()

    async def _deliver(self, flight: Flight) -> None:
        """Deliver what the channel would not take at once; if cancelled, it is sent again later."""
        self._held = None
        try:
            with anyio.fail_after(self._timeout):
                await self._channel.deliver(flight.batch, self._answer_to(flight))
        except TimeoutError:
            problem = f"took no batch for {self._timeout:.0f} s"
            raise Unreachable(self._peer.party, problem) from None

    def _send_now(self) -> bool:
        """Deliver what goes without waiting; tell whether nothing is left that could go."""
        for _ in range(_BATCHES_AT_A_TIME):
            flight = self._dispatch.next()
            if flight is None:
                self._expect_answers()
                return True
            if not self._sent(flight):
                return False
        return False

    def _sent(self, flight: Flight) -> bool:
        """Deliver without waiting; where that is not possible, hold the flight or end with it."""
        if self._problem is not None:
            return False
        if self._expiry.over():
            self._out_of_date()
            return False
        try:
            if self._channel.deliver_nowait(flight.batch, self._answer_to(flight)):
                return True
            self._held = flight
        except TransportError as error:
            self.end(error)
        except Exception as error:
            _log.exception("the transport failed towards %s", self._peer.party)
            name = type(error).__name__
            self.end(Rejected(self._peer.party, f"the transport failed with {name}"))
        return False

    def _expect_answers(self) -> None:
        """End a connection on which the oldest batch is not answered in time."""
        oldest = self._dispatch.oldest
        if self._overdue is None and oldest is not None:
            look = partial(self._look_for_answer, oldest)
            self._overdue = self._peer.agenda.after(self._timeout, look)

    def _look_for_answer(self, flight: Flight) -> None:
        self._overdue = None
        if self._dispatch.oldest is flight:
            problem = f"has answered nothing for {self._timeout:.0f} s"
            self.end(Unreachable(self._peer.party, problem))
        else:
            self._expect_answers()

    def _answer_to(self, flight: Flight) -> Answered:
        """Return what takes the receipt for a flight."""

        def answered(receipt: Receipt) -> None:
            try:
                self._dispatch.answered(flight, receipt)
            except Malformed as error:
                self.end(Rejected(self._peer.party, str(error)))
            self._changed.ring()

        return answered
