"""The one background task per peer: it connects, greets, and carries for all sessions."""

import logging

import anyio

from partywire.delivery.backoff import Backoff
from partywire.delivery.limits import Limits
from partywire.delivery.peers import Peer
from partywire.delivery.table import SessionTable
from partywire.errors import (
    IdentityError,
    Rejected,
    TransportError,
    Unreachable,
)
from partywire.identity import Evidence, Identity
from partywire.interfaces import Channel, Transport
from partywire.node.bell import Bell
from partywire.node.connection import Connection
from partywire.node.demand import OnDemand
from partywire.node.introduction import Introduction
from partywire.node.missing import Missing
from partywire.node.reception import Reception

_log = logging.getLogger("partywire")


class Courier:
    """Carries batches to one peer, in order, over one connection at a time.

    Attributes:
        reached: whether a greeted connection to the peer stands.
        demand: starts `run` at the first reason: something to send, a call of the peer, `ready`.
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
        self._backoff = Backoff(
            limits.retry_first,
            limits.retry_factor,
            limits.retry_longest,
            introduction.surroundings.random,
        )
        self._knocked = Bell()
        self._answers = False
        self._since = 0.0
        self._hasty = False
        self._knock = False
        self._connection: Connection | None = None
        self._opening = anyio.CancelScope()
        self._problem: TransportError | None = None
        self._shown: Evidence | None = None
        self._identity: Identity | None = None
        self._missing = Missing(peer, table.agenda)
        self.demand: OnDemand = OnDemand(self.run)
        peer.dispatch.wake = self.demand.want

    def knock(self) -> None:
        """The peer is back, for it has just greeted us: do not sleep through it.

        A connection to an earlier life of it is not worth keeping.
        """
        stale = self.peer.dispatch.receiver != self.peer.incarnation
        if stale and self._connection is not None:
            self._connection.end(Unreachable(self.peer.party, "was started anew"))
        self.demand.want()
        self._knock = True
        self._knocked.ring()
        self._changed.ring()

    def end(self, problem: TransportError) -> None:
        """End the connection, or what is to become one, for that reason."""
        if self._connection is not None:
            self._connection.end(problem)
        elif self._shown is not None:
            self._problem = problem
            self._opening.cancel()

    def stop(self) -> None:
        """Carry nothing any more: the peer is not in the roster."""
        self.reached = False
        self._missing.forget()
        self.demand.stop()

    def judge_again(self) -> IdentityError | None:
        """Judge the other end by what it has shown; return why the connection was ended, if so."""
        if self._shown is None:
            return None
        try:
            identity = self._judge(self._shown)
        except IdentityError as error:
            self.peer.link = str(refusal := Rejected(self.peer.party, str(error)))
            self.end(refusal)
            return error
        if self._connection is not None:
            self._connection.renew(identity.valid_until)
        return None

    async def run(self) -> None:
        """Keep a connection to the peer, until cancelled."""
        self._missing.begin()
        while True:
            problem = await self._converse()
            self._shown = self._identity = self._problem = None
            if not self._answers:
                self.peer.unreached.begin()
            self._lost(problem)
            await self._pause()

    async def _pause(self) -> None:
        """Wait before the next try. A greeting of the peer ends that, though not twice in a row.

        Else a peer that greets us and breaks what we open would set the pace.
        """
        with anyio.move_on_after(self._backoff.next()) as pause:
            if self._hasty:
                await anyio.sleep_forever()
            elif not self._knock:
                await self._knocked.wait()
        self._hasty = not pause.cancelled_caught

    async def _converse(self) -> TransportError:
        """Hold one connection as long as it lasts, and return why it ended."""
        party = self.peer.party
        self._answers = self._knock = False
        with anyio.move_on_after(self._limits.deliver_timeout) as self._opening:
            try:
                async with self._transport.connect(party, self._judge) as channel:
                    if self._identity is None or channel.identity.party != party:
                        return Rejected(party, "the transport connected to another party")
                    self._answers = True
                    self.peer.unreached.end()
                    await self._greet(channel)
                    self._opening.deadline = float("inf")
                    return await self._carry(channel, self._identity)
            except TransportError as error:
                return error
            except IdentityError as error:
                return Rejected(party, str(error))
            except Exception as error:
                _log.exception("the transport failed towards %s", party)
                return Rejected(party, f"the transport failed with {type(error).__name__}")
        if self._problem is not None:
            return self._problem
        return Unreachable(party, f"no hello within {self._limits.deliver_timeout:.0f} s")

    def _judge(self, evidence: Evidence) -> Identity:
        self._shown = evidence
        self._identity = self._reception.judge(evidence, self.peer.party)
        return self._identity

    async def _greet(self, channel: Channel) -> None:
        party, dispatch = self.peer.party, self.peer.dispatch
        there, welcome = await self._introduction.greet(party, channel)
        self._table.greeted(party, there.hello.incarnation, there.asked)
        dispatch.sender = self._introduction.incarnation
        dispatch.receiver = there.hello.incarnation
        if not welcome.roster_agrees:
            _log.warning(
                "%s has another roster, and its sessions may differ; compare the ids of its "
                "[[peer]] tables with ours",
                party,
            )
        self.reached, self._since = True, self._table.agenda.now()
        if not self.peer.callers:
            self.peer.uncalled.begin()
        self.peer.link = "connected"
        self._missing.end()
        self._changed.ring()

    async def _carry(self, channel: Channel, identity: Identity) -> TransportError:
        """Send until the connection breaks."""
        self._connection = Connection(
            channel,
            self.peer,
            valid_until=identity.valid_until,
            surroundings=self._introduction.surroundings,
            timeout=self._limits.deliver_timeout,
            changed=self._changed,
        )
        try:
            return await self._connection.carry()
        finally:
            self._connection = None

    def _lost(self, problem: TransportError) -> None:
        if str(problem) != self.peer.link:
            _log.info("connection to %s", problem)
        if self.reached and self._table.agenda.now() - self._since >= self._limits.retry_longest:
            self._backoff.reset()
        self.reached = False
        self.peer.uncalled.end()
        self.peer.link = str(problem)
        self._missing.begin()
        self.peer.dispatch.lost()
        self._changed.ring()
