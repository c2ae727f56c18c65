"""A program that runs in a session of a node."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import anyio

from core.tests.delivery.support.players import payload
from core.tests.delivery.support.programs import NextRound, Pause, Receive, Send
from partywire.errors import PartywireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.tests.delivery.support.programs import Step
    from partywire import Session


class NodePlayer:
    """One program of one party's life in one session, as the pure `Player`.

    Errors are noted, and the program goes on.
    """

    def __init__(self, life: str, session: Session, steps: Iterable[Step]) -> None:
        self.steps = deque(steps)
        self.sent: dict[str, list[tuple[int, bytes]]] = {party: [] for party in session.peers}
        self.received: dict[str, list[tuple[int, bytes]]] = {party: [] for party in session.peers}
        self.errors: list[tuple[Send | Receive, PartywireError]] = []
        self.finished = False
        self._life = life
        self._session = session

    async def play(self, done: Callable[[], None]) -> None:
        """Do all steps, one after the other; each is off the list once it is done."""
        while self.steps:
            step = self.steps[0]
            if isinstance(step, Pause):
                await anyio.sleep(step.seconds)
            elif isinstance(step, NextRound):
                self._session.next_round()
            else:
                await self._call(step)
            self.steps.popleft()
        self.finished = True
        done()

    async def _call(self, step: Send | Receive) -> None:
        try:
            if isinstance(step, Send):
                await self._send(step)
            else:
                await self._receive(step)
        except PartywireError as error:
            self.errors.append((step, error))

    async def _send(self, step: Send) -> None:
        sent = self.sent[step.peer]
        data = payload(self._session.id, self._life, step, len(sent))
        await self._session.send(step.peer, data, label=_label(step))
        sent.append((step.slot, data))

    async def _receive(self, step: Receive) -> None:
        data = await self._session.receive(step.peer, label=_label(step))
        self.received[step.peer].append((step.slot, data))


def _label(step: Send | Receive) -> int | None:
    """Return the label of a step, or None where its slot is the current round."""
    return -1 - step.slot if step.slot < 0 else None
