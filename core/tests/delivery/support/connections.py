"""One connection between two lives: its hello, its batches, and their receipts in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import attrs

from core.tests.delivery.support.network import Lane
from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt
from partywire.delivery.records import Receipt
from partywire.errors import TransportError

if TYPE_CHECKING:
    from core.tests.delivery.support.wires import Wire
    from core.tests.delivery.support.world import Life, World
    from partywire.delivery.dispatch import Flight


HEARTBEAT = 10.0
"""Seconds after which a node finds out that a caller is not there any more."""


@attrs.define
class Asked:
    """A batch that waits for its answer; the first one counts."""

    answered: Callable[[Receipt], None]
    receipt: Receipt | None = None


class Connection:
    """Batches cross as bytes, even some that were on their way when the connection broke.

    Answers reach the dispatch in the order of the batches, as the contract of a channel says: those
    behind one that is lost wait for ever.
    """

    def __init__(self, world: World, here: Life, there: Life) -> None:
        self.world = world
        self.here = here
        self.there = there
        self.out = Lane(world.paths[here.name, there.name])
        self.back = Lane(world.paths[there.name, here.name])
        self._asked: deque[Asked] = deque()
        self._closed = False
        self._welcomed = False

    def welcome(self) -> None:
        """The other end has a caller more."""
        self.there.called(self.here)
        self._welcomed = True
        if self._closed:
            self._hang_up(silent=False)

    def close(self, *, silent: bool) -> None:
        """End it at this end; the other one learns of it, at the latest by a heartbeat."""
        self._closed = True
        if self._welcomed:
            self._hang_up(silent=silent)

    def _hang_up(self, *, silent: bool) -> None:
        told = not (silent or self.blocked)
        pause = self.out.path.delay() if told else HEARTBEAT
        self.world.after(pause, partial(self.there.hung_up, self.here.name))

    @property
    def blocked(self) -> bool:
        return bool(self.out.path.blocks or self.back.path.blocks)

    def deliver(self, flight: Flight, answered: Callable[[Receipt], None]) -> None:
        """Send a batch; ``answered`` is called in the order of the calls."""
        asked = Asked(answered)
        self._asked.append(asked)
        self.out.send(partial(self._arrive, asked, encode_batch(flight.batch)), unruly=True)

    def _arrive(self, asked: Asked, data: bytes) -> None:
        wire = self.here.wires[self.there.name]
        broken = wire.connection is not self
        if not self.there.alive or (broken and self.world.chance.random() < 0.5):
            return
        receipt = self.there.table.accept(self.here.name, decode_batch(data))
        self.world.watch.accepted(self.there, self.here.name)
        self.back.send(partial(self._return, asked, encode_receipt(receipt)))

    def _return(self, asked: Asked, data: bytes) -> None:
        if asked.receipt is None:
            asked.receipt = decode_receipt(data)
        while self._asked and (receipt := self._asked[0].receipt) is not None:
            self._asked.popleft().answered(receipt)


class Greeting:
    """The three steps of a hello, and its end. Each may be lost, or come when nobody waits."""

    def __init__(self, wire: Wire, connection: Connection) -> None:
        self.wire = wire
        self.connection = connection
        self.here, self.there = connection.here, connection.there
        self.attempt = wire.attempts
        self.asked = self.asked_there = 0.0

    @property
    def awaited(self) -> bool:
        return self.wire.attempts == self.attempt and self.here.alive

    def begin(self) -> None:
        self.asked = self.here.agenda.now()
        self.connection.out.send(self._second)

    def _second(self) -> None:
        if self.there.alive:
            self.asked_there = self.there.agenda.now()
            self.connection.back.send(self._third)

    def _third(self) -> None:
        if self.awaited:
            self.connection.out.send(self._proved)

    def _proved(self) -> None:
        """Whoever dialled was alive when we asked; that is how a new life becomes known."""
        if not self.there.alive:
            return
        try:
            self.there.greeted(self.here, self.asked_there)
        except TransportError as error:
            self.connection.back.send(partial(self._refused, str(error)))
        else:
            self.connection.back.send(self._welcome)
            self.connection.welcome()

    def _welcome(self) -> None:
        if not self.awaited:
            return
        try:
            self.here.greeted(self.there, self.asked)
        except TransportError as error:
            self._refused(str(error))
        else:
            self.wire.greeted(self.connection)

    def _refused(self, problem: str) -> None:
        if self.awaited:
            self.wire.fail(problem)
