"""A node: one party's end of all connections, and the sessions that it opens."""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import anyio
import anyio.to_thread

from partywire.config import NodeConfig, load_config
from partywire.delivery.ids import parties_digest, session_id
from partywire.delivery.records import TIMINGS, Terms
from partywire.errors import NotInRoster, NotReady, OptionInvalid, Undelivered
from partywire.node.assembly import assembled
from partywire.node.engine import Engine
from partywire.node.surroundings import Surroundings
from partywire.plugins import Plugins
from partywire.session import Session
from partywire.session.lifetimes import Aside
from partywire.session.observed import Entered, ObservedSession
from partywire.session.options import one_of, seconds

_log = logging.getLogger("partywire")


class Node:
    """A party that is open for sessions. Made by `open_node`.

    Attributes:
        party: this party's id.
        peers: everybody else in the roster.
    """

    def __init__(self, config: NodeConfig, engine: Engine, entered: Entered | None) -> None:
        """Made by `open_node`."""
        self.party: str = config.party
        self.peers: tuple[str, ...] = config.peers
        self._config = config
        self._engine = engine
        self._entered = entered

    def session(
        self,
        session: int | bytes | str,
        *,
        attempt: int | None = None,
        parties: Iterable[str] | None = None,
        labels: bool = False,
        timing: Literal["synchronous", "asynchronous"] | None = None,
        round_timeout: float | None = None,
        on_peer_failure: Literal["peer", "session"] | None = None,
    ) -> Session:
        """Return a session to enter: ``async with node.session(...) as session``.

        All parties open it with the same id, parties, timing and labels, in any order and at any
        time; what the first ones send is kept for the others. An id is used once; a rerun of text
        takes another ``attempt``.

        Args:
            session: an int of 128 bits, 16 bytes (little-endian), or text.
            attempt: goes with text.
            parties: who takes part, this party among them; None for the whole roster.
            labels: whether messages may be sent under labels.
            timing: ``"synchronous"`` or ``"asynchronous"``; None for the config's.
            round_timeout: seconds of each round, in a synchronous session; None for the config's.
            on_peer_failure: ``"peer"`` or ``"session"``; None for the config's.

        Raises:
            SessionIdInvalid: not an id.
            NotInRoster: a party is not in the config.
            OptionInvalid: one of the other arguments is none of those above.
        """
        settings, limits = self._config.session, self._config.limits
        number = session_id(session, attempt)
        members = self._members(parties)
        timeout = settings.round_timeout if round_timeout is None else round_timeout
        seconds("round_timeout", timeout)
        terms = Terms(
            parties=parties_digest(members),
            timing=one_of("timing", timing or settings.timing, TIMINGS),
            labels=labels,
            look_ahead=limits.look_ahead,
            largest_message=limits.largest_message,
        )
        failure = on_peer_failure or settings.on_peer_failure
        one_for_all = one_of("on_peer_failure", failure, ("peer", "session")) == "session"
        peers = [party for party in members if party != self.party]
        made = Session if self._entered is None else partial(ObservedSession, self._entered)
        return made(
            opened=partial(
                self._engine.open, number, terms, peers, timeout, one_for_all=one_for_all
            ),
            session=number,
            party=self.party,
            parties=members,
            round_timeout=timeout,
        )

    async def ready(
        self,
        *,
        peers: Iterable[str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> None:
        """Wait until every peer (or those named) was reached and verified, in both directions.

        Raises:
            NotReady: not within ``timeout`` seconds (None waits for ever); says for each peer which
                direction is missing and why.
            NotInRoster: no such peer.
        """
        named = self.peers if peers is None else tuple(peers)
        for party in named:
            if party not in self.peers:
                raise NotInRoster(party)
        self._engine.want(named)
        with anyio.move_on_after(timeout):
            while self._engine.missing(named):
                await self._engine.changed.wait()
        missing = self._engine.missing(named)
        if missing:
            raise NotReady(missing)

    def _members(self, parties: Iterable[str] | None) -> tuple[str, ...]:
        everybody = (self.party, *self.peers)
        if parties is None:
            return everybody
        if isinstance(parties, (str, bytes)):
            raise OptionInvalid("parties", "a list of party ids, not text")
        members = tuple(dict.fromkeys(parties))
        for party in members:
            if party not in everybody:
                raise NotInRoster(party)
        if self.party not in members:
            raise OptionInvalid("parties", f"a list with {self.party}, this party, in it")
        return members


def _loaded(source: str | Path | Mapping[str, object], plugins: Sequence[object]) -> NodeConfig:
    return load_config(source, Plugins(plugins))


@asynccontextmanager
async def open_node(
    source: str | Path | Mapping[str, object] | NodeConfig,
    *,
    plugins: Sequence[object] = (),
    surroundings: Surroundings = Surroundings(),  # noqa: B008
) -> AsyncIterator[Node]:
    """Open a node from a config.

    It is to be entered: ``async with open_node("alice.toml") as node``. Leaving the block aborts
    sessions that are still open, goes on delivering for at most ``limits.shutdown_grace``, and
    closes all connections.

    Args:
        source: a path of a TOML file, its content as a mapping, or a config that was loaded
            already.
        plugins: plugin objects beside those that are installed.
        surroundings: time and chance; for simulators.

    Raises:
        ConfigError: the config or a plugin is not in order.
        TransportError: the transport cannot be opened.
        Undelivered: on leaving in good order, messages were left. Where the block raised, its
            exception leaves, and what was left is logged.
    """
    if not isinstance(source, NodeConfig):
        source = await anyio.to_thread.run_sync(_loaded, source, plugins)
    aside = Aside()
    left: list[tuple[int, str, int]] = []
    async with assembled(source, surroundings) as parts, anyio.create_task_group() as group:
        engine = Engine(source, parts)
        with aside:
            running = await group.start(engine.run)
        if aside.error is None:
            try:
                with aside:
                    yield Node(source, engine, surroundings.entered)
            finally:
                left = await engine.close()
                running.cancel()
    if left and aside.error is not None:
        _log.warning("%s", Undelivered(left))
    aside.raise_again()
    if left:
        raise Undelivered(left)
