"""The lives of parties: each is a node, and a program that runs with it."""

from collections.abc import Callable
from random import Random
from typing import Any, Final
from weakref import WeakSet

import anyio

from partywire import Node, Session, Surroundings, open_node
from partywire.config import NodeConfig
from partywire.errors import Undelivered, session_text
from partywire_inmemory.simulation.faults import Program

EPOCH: Final = 1_767_225_600.0
"""The wall clock of every party without skew when a simulation begins: 2026-01-01, UTC."""


class Life:
    """One life of a party: from a start to a crash, or to the end of the simulation.

    Attributes:
        party: whose it is.
        number: which life it is, from 0.
        ended: whether the program has returned or raised, or the party has crashed.
        crashed: whether the party has crashed.
        returned: what the program returned.
        raised: what the program raised, or None.
        undelivered: what its node could not deliver: (session, party, messages).
    """

    def __init__(self, party: str, number: int, program: Program) -> None:
        """Nothing runs yet."""
        self.party: Final = party
        self.number: Final = number
        self.program: Final = program
        self.scope: Final = anyio.CancelScope()
        self.ended: bool = False
        self.crashed: bool = False
        self.returned: Any = None
        self.raised: Exception | None = None
        self.undelivered: tuple[tuple[int, str, int], ...] = ()
        self._sessions: WeakSet[Session] = WeakSet()

    def enter(self, session: Session) -> None:
        """A session of it has entered a round."""
        self._sessions.add(session)

    def progress(self) -> tuple[Any, ...]:
        """Return what changes whenever a session does something, or a part of a message comes."""
        return (
            self.number,
            self.ended,
            *(
                (session.id, session.round, peer.messages_sent, peer.messages_received)
                for session in self._ordered()
                for peer in session.counters.values()
            ),
            *(wait.why for session in self._ordered() for wait in session.waiting()),
        )

    def waits(self) -> tuple[list[str], bool]:
        """Return what its sessions wait for, and whether one of these waits ends by itself."""
        found = [(session, wait) for session in self._ordered() for wait in session.waiting()]
        words = [f"session {session_text(session.id)}: {wait}" for session, wait in found]
        return words, any(wait.left is not None for _, wait in found)

    def _ordered(self) -> list[Session]:
        return sorted(self._sessions, key=lambda session: session.id)

    async def live(
        self,
        config: NodeConfig,
        surroundings: Surroundings,
        closing: anyio.Event,
        ended: Callable[[], None],
    ) -> None:
        """Open the node, run the program, and keep the node open until ``closing``, or a crash.

        ``ended`` is called once the program has returned or raised.
        """
        with self.scope:
            try:
                async with open_node(config, surroundings=surroundings) as node:
                    await self._perform(node)
                    ended()
                    await closing.wait()
            except Undelivered as error:
                self.undelivered = tuple(error.left)
            except Exception as error:
                self.raised = self.raised or error
        self.ended = True

    async def _perform(self, node: Node) -> None:
        try:
            self.returned = await self.program(node)
        except Exception as error:
            self.raised = error
        self.ended = True


def surroundings_of(
    life: Life,
    now: Callable[[], float],
    *,
    begun: float,
    seed: int,
    skew: float,
    entered: Callable[[Session], None],
) -> Surroundings:
    """Return time and chance for one life; its wall clock is ``skew`` seconds ahead."""
    random = Random(f"{seed} {life.party} {life.number}")  # noqa: S311 - repeatable
    return Surroundings(
        wall=lambda: EPOCH + skew + now() - begun,
        random=random.random,
        token=random.randbytes,
        entered=entered,
    )
