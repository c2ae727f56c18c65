"""The one background task per peer: it connects, greets, and carries for all sessions."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Final

import anyio

from partywire.delivery.backoff import Backoff
from partywire.delivery.hello import Way
from partywire.delivery.limits import Limits
from partywire.delivery.peers import Peer
from partywire.delivery.table import SessionTable
from partywire.errors import (
    IdentityError,
    Rejected,
    TransportError,
    Unreachable,
    outside_text,
)
from partywire.identity import Evidence, Identity
from partywire.node.bell import Bell
from partywire.node.counterpart import Counterpart, Shown
from partywire.node.demand import OnDemand
from partywire.node.line import Dial, Line
from partywire.node.missing import Missing
from partywire.node.reception import Reception

_log = logging.getLogger("partywire")


NO_PEER: Final = "is not in the roster any more"
CLAIMS: Final = 512
"""Characters that a line of the log has for the claims of an identity, at most."""


class _Refused(Rejected):
    """The verifiers refuse who is there."""


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
        dial: Dial,
        reception: Reception,
        random: Callable[[], float],
        limits: Limits,
        changed: Bell,
    ) -> None:
        """Prepare; ``changed`` rings when the connection comes, goes or is idle."""
        self.peer: Peer = peer
        self.reached: bool = False
        self._table = table
        self._dial = dial
        self._reception = reception
        self._limits = limits
        self._changed = changed
        self._backoff = Backoff(
            limits.retry_first,
            limits.retry_factor,
            limits.retry_longest,
            random,
        )
        self._knocked = Bell()
        self._answers = False
        self._since = 0.0
        self._hasty = False
        self._knock = False
        self._line: Line | None = None
        self._opening = anyio.CancelScope()
        self._problem: TransportError | None = None
        self._shown: Shown | None = None
        self._identity: Identity | None = None
        self._told: str | None = None
        self._missing = Missing(peer, table.agenda)
        self.demand: OnDemand = OnDemand(self.run)
        peer.outgoing.wake = self.demand.want

    @property
    def identity(self) -> Identity | None:
        """Who the peer has proved to be on the connection that stands; None where none does."""
        return self._identity if self.reached else None

    def knock(self) -> None:
        """The peer is back, for it has just greeted us: do not sleep through it.

        A connection to an earlier life of it is not worth keeping.
        """
        stale = self.peer.dispatch.receiver != self.peer.incarnation
        if stale and self._line is not None:
            self._line.end(Unreachable(self.peer.party, "was started anew"))
        self.demand.want()
        self._knock = True
        self._knocked.ring()
        self._changed.ring()

    def end(self, problem: TransportError) -> None:
        """End the connection, or what is to become one, for that reason."""
        if self._line is not None:
            self._line.end(problem)
        elif self._shown is not None:
            self._problem = problem
            self._opening.cancel()

    def stop(self) -> None:
        """Carry nothing any more: the peer is not in the roster."""
        self.reached = False
        self.end(Rejected(self.peer.party, NO_PEER))
        self._missing.forget()
        self.demand.stop()

    def judge_again(self) -> IdentityError | None:
        """Judge the other end by what it has shown; return why the connection was ended, if so."""
        if self._shown is None:
            return None
        try:
            identity = self._identity = self._reception.judge_shown(self._shown, self.peer.party)
        except IdentityError as error:
            refusal = _Refused(self.peer.party, str(error))
            self.peer.stands(Way.REFUSED, str(refusal))
            self.end(refusal)
            return error
        if self._line is not None:
            self._line.renew(identity.valid_until, self._shown.ends)
            self._tell(identity)
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
                async with self._dial(self._judge) as line:
                    there = self._counterpart()
                    if there is None or self._identity is None or line.identity.party != party:
                        return Rejected(party, "the transport connected to another party")
                    if there.take_proof is None:
                        self._answered()
                    await line.greet(there)
                    if self._problem is not None:  # of the moment in which the hello ended
                        return self._problem
                    self._answered()
                    self._opening.deadline = float("inf")
                    return await self._carry(line, self._identity)
            except TransportError as error:
                return error
            except IdentityError as error:
                return _Refused(party, str(error))
            except Exception as error:
                _log.exception("the transport failed towards %s", party)
                return Rejected(party, f"the transport failed with {type(error).__name__}")
        if self._problem is not None:
            return self._problem
        return Unreachable(party, f"no hello within {self._limits.deliver_timeout:.0f} s")

    def _judge(self, evidence: Evidence) -> Identity:
        self._shown, self._identity = Shown(evidence), None
        self._identity = self._reception.judge(evidence, self.peer.party)
        return self._identity

    def _counterpart(self) -> Counterpart | None:
        """Return the other end for the hello, as far as it has shown itself."""
        if self._shown is None:
            return None
        party, evidence = self.peer.party, self._shown.evidence
        take_proof = (
            partial(self._take_proof, evidence) if self._reception.challenges(party) else None
        )
        return Counterpart(party, evidence, take_proof)

    def _take_proof(self, evidence: Evidence, binding: bytes, proof: bytes) -> None:
        party = self.peer.party
        self._shown, self._identity = self._reception.proved(party, evidence, binding, proof)

    def _answered(self) -> None:
        """The peer is there: as what it has shown, or once it has proved itself."""
        self._answers = True
        self.peer.unreached.end()

    async def _carry(self, line: Line, identity: Identity) -> TransportError:
        """Send until the connection breaks."""
        self.reached, self._since = True, self._table.agenda.now()
        self.peer.stands(Way.CONNECTED, "connected")
        self._tell(identity)
        self._missing.end()
        line.renew(identity.valid_until, self._shown.ends if self._shown else None)
        self._line = line
        self._changed.ring()
        try:
            return await line.carry()
        finally:
            self._line = None

    def _tell(self, identity: Identity) -> None:
        """Say who is there, where that was not said of the connection before."""
        told = "".join(f", {name} {claim}" for name, claim in sorted(identity.claims.items()))
        if told != self._told:
            self._told = told
            _log.info("connected to %s%s", self.peer.party, outside_text(told, CLAIMS))

    def _lost(self, problem: TransportError) -> None:
        if str(problem) != self.peer.link:
            _log.info("connection to %s", problem)
        if self.reached and self._table.agenda.now() - self._since >= self._limits.retry_longest:
            self._backoff.reset()
        self.reached = False
        self.peer.uncalled.end()
        self.peer.stands(_way(problem), str(problem))
        self._missing.begin()
        self.peer.outgoing.lost()
        self._changed.ring()


def _way(problem: TransportError) -> Way:
    if isinstance(problem, Unreachable):
        return Way.UNREACHABLE
    return Way.REFUSED if isinstance(problem, _Refused) else Way.TURNED_AWAY
