"""The one background task per peer: it connects, greets, and carries for all sessions."""

import logging
from functools import partial

import anyio

from partywire.delivery.agenda import Appointment
from partywire.delivery.backoff import Backoff
from partywire.delivery.dispatch import Flight
from partywire.delivery.limits import Limits
from partywire.delivery.pair import Pair
from partywire.delivery.peers import Peer
from partywire.delivery.records import Receipt
from partywire.delivery.table import SessionTable
from partywire.errors import (
    IdentityError,
    Malformed,
    Rejected,
    TransportError,
    Unreachable,
)
from partywire.identity import Evidence, Identity
from partywire.interfaces import Answered, Channel, Transport
from partywire.node.bell import Bell
from partywire.node.introduction import Introduction
from partywire.node.reception import Reception

_log = logging.getLogger("partywire")

_BATCHES_AT_A_TIME = 8


class Courier:
    """Carries batches to one peer, in order, over one connection at a time.

    Attributes:
        reached: whether a greeted connection to the peer stands.
    """

    def __init__(
        self,
        peer: Peer,
        *,
        table: SessionTable,
        transport: Transport,
        reception: Reception,
        introduction: Introduction,
        limits: Limits,
        changed: Bell,
    ) -> None:
        """Prepare; ``changed`` rings when the connection comes, goes or is idle."""
        self.peer: Peer = peer
        self.reached: bool = False
        self._table = table
        self._transport = transport
        self._reception = reception
        self._introduction = introduction
        self._limits = limits
        self._changed = changed
        self._wall = introduction.surroundings.wall
        self._backoff = Backoff(
            limits.retry_first,
            limits.retry_factor,
            limits.retry_longest,
            introduction.surroundings.random,
        )
        self._work = Bell()
        self._knocked = Bell()
        self._idle: Channel | None = None
        self._held: Flight | None = None
        self._answers = False
        self._valid_until: float | None = None
        self._overdue: Appointment | None = None
        self._problem: TransportError | None = None
        self._connection: anyio.CancelScope | None = None
        peer.dispatch.wake = self._work.ring
        peer.dispatch.hand_over = self.hand_over

    def knock(self) -> None:
        """The peer is back, for it has just greeted us: do not sleep through it.

        A connection to an earlier life of it is not worth keeping.
        """
        if self.reached and self.peer.dispatch.receiver != self.peer.incarnation:
            self._break(Unreachable(self.peer.party, "was started anew"))
        self._knocked.ring()
        self._changed.ring()

    def hand_over(self, pair: Pair) -> None:
        """Send a lone message without the hop through this task.

        Called by sending tasks only. In a burst the first message goes at once and the others in a
        batch.
        """
        dispatch, channel = self.peer.dispatch, self._idle
        flight = None if channel is None else dispatch.lone(pair)
        if channel is None or flight is None:
            dispatch.ready(pair)
        elif self._sent(channel, flight):
            self._expect_answers()
        else:
            dispatch.awake = True
            self._work.ring()

    async def run(self) -> None:
        """Keep a connection to the peer, until cancelled."""
        while True:
            problem = await self._converse()
            if not self._answers:
                self.peer.unreached.begin()
            self._lost(problem)
            with anyio.move_on_after(self._backoff.next()):
                await self._knocked.wait()

    async def _converse(self) -> TransportError:
        """Hold one connection as long as it lasts, and return why it ended."""
        party = self.peer.party
        self._answers = False
        with anyio.move_on_after(self._limits.deliver_timeout) as opening:
            try:
                async with self._transport.connect(party, self._judge) as channel:
                    if channel.identity.party != party:
                        return Rejected(party, "the transport connected to another party")
                    self._answers = True
                    self.peer.unreached.end()
                    await self._greet(channel)
                    opening.deadline = float("inf")
                    return await self._carry(channel)
            except TransportError as error:
                return error
            except IdentityError as error:
                return Rejected(party, str(error))
            except Exception as error:
                _log.exception("the transport failed towards %s", party)
                return Rejected(party, f"the transport failed with {type(error).__name__}")
        return Unreachable(party, f"no hello within {self._limits.deliver_timeout:.0f} s")

    def _judge(self, evidence: Evidence) -> Identity:
        return self._reception.judge(evidence, self.peer.party)

    async def _greet(self, channel: Channel) -> None:
        party, dispatch = self.peer.party, self.peer.dispatch
        there, welcome = await self._introduction.greet(party, channel)
        self._table.greeted(party, there.hello.incarnation, there.asked)
        dispatch.sender = self._introduction.incarnation
        dispatch.receiver = there.hello.incarnation
        if not welcome.roster_agrees:
            _log.warning("%s has another roster; its sessions may differ", party)
        self._backoff.reset()
        self.reached = True
        if not self.peer.callers:
            self.peer.uncalled.begin()
        self.peer.link = "connected"
        self._changed.ring()

    async def _carry(self, channel: Channel) -> TransportError:
        """Send until the connection breaks."""
        self._problem = None
        end = self._end_with(channel.identity)
        try:
            async with anyio.create_task_group() as group:
                self._connection = group.cancel_scope
                group.start_soon(self._watch, channel)
                try:
                    await self._pump(channel)
                except TransportError as error:
                    self._break(error)
        finally:
            self._connection = None
            if end is not None:
                end.cancel()
        return self._ending()

    def _end_with(self, identity: Identity) -> Appointment | None:
        """Let the connection end when the identity of the other end does."""
        self._valid_until = identity.valid_until
        if identity.valid_until is None:
            return None
        seconds = identity.valid_until - self._wall()
        return self._table.agenda.after(seconds, self._out_of_date)

    def _out_of_date(self) -> None:
        self._break(Rejected(self.peer.party, "its identity is out of date"))

    def _ending(self) -> TransportError:
        return self._problem or Unreachable(self.peer.party, "the connection ended")

    async def _watch(self, channel: Channel) -> None:
        self._break(await channel.broken())

    def _break(self, error: TransportError) -> None:
        """End the connection for that reason."""
        if self._problem is None:
            self._problem = error
        if self._connection is not None:
            self._connection.cancel()

    async def _pump(self, channel: Channel) -> None:
        dispatch = self.peer.dispatch
        dispatch.awake = True
        while True:
            if self._held is not None:
                await self._deliver(channel, self._held)
            elif self._send_now(channel):
                dispatch.armed = True
                self._idle = channel
                self._changed.ring()
                try:
                    await self._work.wait()
                finally:
                    self._idle = None
            else:
                await anyio.lowlevel.checkpoint()

    async def _deliver(self, channel: Channel, flight: Flight) -> None:
        """Deliver what the channel would not take at once; if cancelled, it is sent again later."""
        self._held = None
        try:
            with anyio.fail_after(self._limits.deliver_timeout):
                await channel.deliver(flight.batch, self._answer_to(flight))
        except TimeoutError:
            limit = self._limits.deliver_timeout
            raise Unreachable(self.peer.party, f"took no batch for {limit:.0f} s") from None

    def _send_now(self, channel: Channel) -> bool:
        """Deliver what goes without waiting; tell whether nothing is left that could go."""
        for _ in range(_BATCHES_AT_A_TIME):
            flight = self.peer.dispatch.next()
            if flight is None:
                self._expect_answers()
                return True
            if not self._sent(channel, flight):
                return False
        return False

    def _sent(self, channel: Channel, flight: Flight) -> bool:
        """Deliver without waiting; where that is not possible, hold the flight or end with it."""
        if self._valid_until is not None and self._wall() >= self._valid_until:
            self._out_of_date()
            return False
        try:
            if channel.deliver_nowait(flight.batch, self._answer_to(flight)):
                return True
            self._held = flight
        except TransportError as error:
            self._break(error)
        except Exception as error:
            _log.exception("the transport failed towards %s", self.peer.party)
            name = type(error).__name__
            self._break(Rejected(self.peer.party, f"the transport failed with {name}"))
        return False

    def _expect_answers(self) -> None:
        """End a connection on which the oldest batch is not answered for `deliver_timeout`."""
        oldest = self.peer.dispatch.oldest
        if self._overdue is None and oldest is not None:
            look = partial(self._look_for_answer, oldest)
            self._overdue = self._table.agenda.after(self._limits.deliver_timeout, look)

    def _look_for_answer(self, flight: Flight) -> None:
        self._overdue = None
        if self.peer.dispatch.oldest is flight:
            limit = self._limits.deliver_timeout
            self._break(Unreachable(self.peer.party, f"has answered nothing for {limit:.0f} s"))
        else:
            self._expect_answers()

    def _answer_to(self, flight: Flight) -> Answered:
        """Return what takes the receipt for a flight."""

        def answered(receipt: Receipt) -> None:
            try:
                self.peer.dispatch.answered(flight, receipt)
            except Malformed as error:
                self._break(Rejected(self.peer.party, str(error)))
            self._changed.ring()

        return answered

    def _lost(self, problem: TransportError) -> None:
        if str(problem) != self.peer.link:
            _log.info("connection to %s", problem)
        self.reached = False
        self.peer.uncalled.end()
        self._held = None
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        self.peer.link = str(problem)
        self.peer.dispatch.lost()
        self._changed.ring()
