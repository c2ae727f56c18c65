"""A node: one party's end of all connections, and the sessions that it opens."""

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Literal

import anyio

from partywire.delivery.ids import parties_digest, session_id
from partywire.delivery.records import TIMINGS, Terms
from partywire.errors import NotInRoster, NotReady, OptionInvalid, Undelivered
from partywire.identity import Identity
from partywire.node.assembly import assembled
from partywire.node.engine import Engine
from partywire.node.reloading import Source, read
from partywire.node.surroundings import Surroundings
from partywire.session import Session
from partywire.session.lifetimes import Aside
from partywire.session.observed import Entered, ObservedSession
from partywire.session.options import one_of, seconds

_log = logging.getLogger("partywire")


class Node:
    """A party that is open for sessions. Made by `open_node`.

    Attributes:
        party: this party's id.
    """

    def __init__(
        self,
        engine: Engine,
        source: Source,
        plugins: Sequence[object],
        entered: Entered | None,
    ) -> None:
        """Made by `open_node`, which was given the last three."""
        self.party: str = engine.config.party
        self._engine = engine
        self._source = source
        self._plugins = plugins
        self._entered = entered
        self._reloading = anyio.Lock()

    @property
    def peers(self) -> tuple[str, ...]:
        """Everybody else in the roster, as it is now."""
        return self._engine.peers

    def identity(self, peer: str) -> Identity | None:
        """Return who a peer has proved to be on the connection that this node has to it now.

        Its claims are what the verifiers found, such as the release that an attested peer runs; the
        log has them when a connection stands by which they are others. None while no connection
        stands. A later one may show something else, within what the config allows.

        Raises `NotInRoster`.
        """
        return self._engine.identity(peer)

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
        settings, limits = self._engine.config.session, self._engine.config.limits
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
            NotInRoster: no such peer; or not any more, where it was named.
        """
        named = None if peers is None else tuple(peers)
        with anyio.move_on_after(timeout):
            while self._missing(named):
                await self._engine.changed.wait()
        missing = self._missing(named)
        if missing:
            raise NotReady(missing)

    async def reload(self, source: Source | None = None) -> None:
        """Read the config again, and take it into use while everything goes on.

        The new config is read and checked in full, by the transport and the verifiers too, before
        anything of it counts. Then all of it counts at once. May change: the verifiers, the peers'
        keys, ``[session]`` for sessions that are opened from then on, the transport's own keys as
        far as it says so, and the roster. A peer that is new can be named at once. With one that is
        gone the pairs fail by `PeerRemoved`, its connections end, and it is not let in any more.

        Everybody who is connected, in either direction, is judged again by what was shown then. Who
        does not pass is sent away; who does goes on, and nothing that is on its way is lost.

        One call at a time; others wait. A cancelled call has changed everything or nothing.

        Args:
            source: where the config is from now on; None for where it was. A config that was loaded
                already is taken as it is, and what its verifiers read themselves is read again.

        Raises:
            ConfigError: the config or a plugin is not in order, or something has changed that needs
                a restart: the party's id, ``[limits]``, the router, the attester, which transport
                it is. Nothing has changed.
            NodeClosed: the node is closing; nothing has changed.
        """
        async with self._reloading:
            given = self._source if source is None else source
            change = await self._engine.prepare(await read(given, self._plugins))
            self._engine.change(change)
            self._source = given

    def _missing(self, named: Sequence[str] | None) -> dict[str, str]:
        """See to it that those named, or all, are called; return who is missing, and why."""
        peers = self.peers if named is None else named
        self._engine.want(peers)
        return self._engine.missing(peers)

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


@asynccontextmanager
async def open_node(
    source: Source,
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
    config = await read(source, plugins)
    aside = Aside()
    left: list[tuple[int, str, int]] = []
    async with assembled(config, surroundings) as parts, anyio.create_task_group() as group:
        engine = Engine(config, parts)
        with aside:
            running = await group.start(engine.run)
        if aside.error is None:
            try:
                with aside:
                    yield Node(engine, source, plugins, surroundings.entered)
            finally:
                left = await engine.close()
                running.cancel()
    if left and aside.error is not None:
        _log.warning("%s", Undelivered(left))
    aside.raise_again()
    if left:
        raise Undelivered(left)
