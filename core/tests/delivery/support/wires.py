"""What one life of a party dials to another: as the courier does it, without a task."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from core.tests.delivery.support.connections import Connection, Greeting
from partywire.delivery.backoff import Backoff
from partywire.errors import Malformed

if TYPE_CHECKING:
    from core.tests.delivery.support.world import Life, World
    from partywire.delivery.agenda import Appointment
    from partywire.delivery.dispatch import Flight
    from partywire.delivery.pair import Pair
    from partywire.delivery.records import Receipt


class Wire:
    """Keeps a connection to one peer: dials, greets, sends, breaks and dials again.

    ``attempts`` counts the connections that were tried: what belongs to an earlier one says nothing
    any more.
    """

    def __init__(self, world: World, here: Life, party: str) -> None:
        self.world = world
        self.here = here
        self.party = party
        self.peer = here.table.peers[party]
        self.dispatch = self.peer.dispatch
        self.dispatch.wake = self.want
        self.connection: Connection | None = None
        self.attempts: int = 0
        self._latest: Connection | None = None
        limits = world.limits
        self._patience = limits.deliver_timeout
        self._lasting = limits.retry_longest
        self._backoff = Backoff(
            limits.retry_first, limits.retry_factor, limits.retry_longest, world.chance.random
        )
        self._wanted = self._pausing = self._hasty = False
        self._since = 0.0
        self._overdue: Appointment | None = None

    def want(self) -> None:
        """There is a reason to connect: the first one counts."""
        if not self._wanted:
            self._wanted = True
            self.world.after(0.0, self.dial)

    def dial(self) -> None:
        """Try to reach whoever answers at the peer's address."""
        if not self.here.alive:
            return
        self._pausing = False
        there = self.world.at_address(self.party)
        if there is None or (self.here.name, self.party) in self.world.refusing:
            self.fail("refused", reached=False)
            return
        connection = self._latest = Connection(self.world, self.here, there)
        reached = not connection.blocked
        expired = partial(self._expired, self.attempts, reached)
        self.world.after(self._patience, expired)
        if reached:
            self.peer.unreached.end()
            Greeting(self, connection).begin()

    def greeted(self, connection: Connection) -> None:
        """The connection stands: send what is there."""
        self.connection = connection
        self.dispatch.sender = self.here.incarnation
        self.dispatch.receiver = connection.there.incarnation
        self._since = self.here.agenda.now()
        self.dispatch.wake, self.dispatch.hand_over = self._woken, self._hand_over
        if not self.peer.callers:
            self.peer.uncalled.begin()
        self.dispatch.awake = True
        self._pump()

    def knock(self) -> None:
        """The peer has greeted us: dial now, and leave a connection to an earlier life of it.

        But it ends no two pauses in a row.
        """
        self.want()
        if self._pausing:
            if not self._hasty:
                self._hasty = True
                self.dial()
        elif self.connection is not None and self.dispatch.receiver != self.peer.incarnation:
            self.fail("was started anew")

    def cut(self) -> None:
        """Break, if a connection stands."""
        if self.connection is not None:
            self.fail("cut")

    def fail(self, problem: str, *, reached: bool = True) -> None:
        """Give up the connection, or the attempt at one, and try again after a pause."""
        if not reached:
            self.peer.unreached.begin()
        if self.connection and self.here.agenda.now() - self._since >= self._lasting:
            self._backoff.reset()
        self.close()
        self.peer.uncalled.end()
        self.peer.link = f"{self.party}: {problem}"
        self.dispatch.lost()
        self._pausing = True
        self.world.after(self._backoff.next(), partial(self._again, self.attempts))

    def close(self, *, silent: bool = False) -> None:
        """Let go of the connection; where it is ``silent``, the other end is not told."""
        if self._latest is not None:
            self._latest.close(silent=silent)
        self.attempts += 1
        self._pausing = False
        self.connection = self._latest = None
        self.dispatch.connection_ended()
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _again(self, attempt: int) -> None:
        if attempt == self.attempts and self._pausing:
            self._hasty = False
            self.dial()

    def _expired(self, attempt: int, reached: bool) -> None:
        if attempt == self.attempts and self.connection is None and self.here.alive:
            self.fail("no hello in time", reached=reached)

    # --- batches ----------------------------------------------------------------------------------

    def _woken(self) -> None:
        """Look a little later, as the courier's task does."""
        self.world.after(0.0, self._look)

    def _look(self) -> None:
        if self.connection is not None:
            self._pump()
            self.dispatch.armed = True

    def _hand_over(self, pair: Pair) -> None:
        """Send a lone message without that hop."""
        flight = self.dispatch.lone(pair)
        if flight is None:
            self.dispatch.ready(pair)
        else:
            self._send(flight)
            self._expect_answers()

    def _pump(self) -> None:
        while self.connection is not None and (flight := self.dispatch.next()) is not None:
            self._send(flight)
        self._expect_answers()

    def _send(self, flight: Flight) -> None:
        if self.connection is not None:
            answered = partial(self._answered, self.connection, flight)
            self.connection.deliver(flight, answered)

    def _answered(self, connection: Connection, flight: Flight, receipt: Receipt) -> None:
        """Act on an answer. Only a peer that does not know us, or not any more, may refuse all."""
        if connection is not self.connection:
            return
        try:
            self.dispatch.answered(flight, receipt)
        except Malformed:
            assert receipt.stale, "an honest peer answered what was not asked"
            self.fail("another life")
        else:
            self.world.watch.answered(self.here, connection.there, flight)

    def _expect_answers(self) -> None:
        oldest = self.dispatch.oldest
        if self._overdue is None and oldest is not None:
            look = partial(self._look_for_answer, oldest)
            self._overdue = self.here.agenda.after(self._patience, look)

    def _look_for_answer(self, flight: Flight) -> None:
        self._overdue = None
        if self.dispatch.oldest is flight:
            self.fail("has answered nothing")
        else:
            self._expect_answers()
