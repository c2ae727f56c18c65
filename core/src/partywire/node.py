"""A node: one party's end of all connections, and the sessions that it opens."""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
from anyio.abc import TaskStatus

from partywire.assembly import Parts, assembled
from partywire.bell import Bell
from partywire.clockwork import run_agenda
from partywire.config import NodeConfig, load_config
from partywire.courier import Courier
from partywire.delivery.hello import Hello
from partywire.delivery.ids import parties_digest, session_id
from partywire.delivery.records import Terms
from partywire.errors import NodeClosed, NotInRoster, NotReady, Undelivered
from partywire.interfaces import Inbox, Transport
from partywire.lifetimes import Aside
from partywire.plugins import Plugins
from partywire.reception import Reception
from partywire.session import Session
from partywire.surroundings import Surroundings
from partywire.waits import Waiting

_log = logging.getLogger("partywire")


class Node:
    """A party that is open for sessions. Made by `open_node`.

    Attributes:
        party: this party's id.
        peers: everybody else in the roster.
    """

    def __init__(self, config: NodeConfig, parts: Parts) -> None:
        """Made by `open_node`."""
        self.party: str = config.party
        self.peers: tuple[str, ...] = config.peers
        self._config = config
        self._table = parts.table
        self._changed = Bell()
        self._new_event = type(anyio.Event())
        self._closing = False
        self._reception = Reception(
            config.peers, parts.verifiers, parts.router, parts.introduction, self._greeted
        )
        parts.table.on_end = self._changed.ring
        self._couriers = {
            party: Courier(
                peer,
                table=parts.table,
                transport=parts.transport,
                reception=self._reception,
                introduction=parts.introduction,
                limits=config.limits,
                changed=self._changed,
            )
            for party, peer in parts.table.peers.items()
        }

    def session(
        self,
        session: int | bytes | str,
        *,
        attempt: int | None = None,
        parties: Iterable[str] | None = None,
        labels: bool = False,
        timing: str | None = None,
        round_timeout: float | None = None,
        on_peer_failure: str | None = None,
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
            NotInRoster: a party is not in the config, or this party not among ``parties``.
        """
        settings = self._config.session
        number = session_id(session, attempt)
        members = self._members(parties)
        timeout = settings.round_timeout if round_timeout is None else round_timeout
        limits = self._config.limits
        terms = Terms(
            parties=parties_digest(members),
            timing=settings.timing if timing is None else timing,
            labels=labels,
            look_ahead=limits.look_ahead,
            largest_message=limits.largest_message,
        )
        one_for_all = (on_peer_failure or settings.on_peer_failure) == "session"
        return Session(
            partial(self._open, number, terms, members, timeout, one_for_all),
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
            if party not in self._couriers:
                raise NotInRoster(party)
        with anyio.move_on_after(timeout):
            while self._missing(named):
                await self._changed.wait()
        missing = self._missing(named)
        if missing:
            raise NotReady(missing)

    def _missing(self, peers: Sequence[str]) -> dict[str, str]:
        missing = {}
        for party in peers:
            courier = self._couriers[party]
            if not courier.reached:
                missing[party] = courier.peer.link
            elif not courier.greeted:
                missing[party] = "has not connected to us"
        return missing

    def _members(self, parties: Iterable[str] | None) -> tuple[str, ...]:
        members = (self.party, *self.peers) if parties is None else tuple(dict.fromkeys(parties))
        if self.party not in members:
            raise NotInRoster(self.party)
        for party in members:
            if party != self.party and party not in self._couriers:
                raise NotInRoster(party)
        return members

    def _open(
        self,
        session: int,
        terms: Terms,
        members: tuple[str, ...],
        round_timeout: float,
        one_for_all: bool,
    ) -> Waiting:
        if self._closing:
            raise NodeClosed(self.party)
        local = self._table.open(
            session,
            terms,
            [party for party in members if party != self.party],
            round_timeout=round_timeout,
            one_for_all=one_for_all,
        )
        return Waiting(local, self._table.agenda, self._new_event)

    # --- the life of a node, by `open_node` ---------------------------------------------------

    def _greeted(self, party: str, hello: Hello) -> None:
        """A peer's hello was completed, on a connection of its own."""
        self._table.greeted(party, hello.incarnation)
        self._couriers[party].knock()

    async def _run(
        self, transport: Transport, *, task_status: TaskStatus[anyio.CancelScope]
    ) -> None:
        """Run what a node runs in the background, until the scope that it reports is cancelled.

        Once callers can come in, cancellation from outside does not reach it: a node that is
        cancelled still tells its peers.
        """
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                await group.start(_serve, transport, self._reception)
                group.start_soon(run_agenda, self._table.agenda)
                for courier in self._couriers.values():
                    group.start_soon(courier.run)
                scope.shield = True
                task_status.started(scope)

    async def _close(self) -> list[tuple[int, str, int]]:
        """Abort what is open, deliver what is left for `shutdown_grace`.

        Return what could not be.
        """
        self._closing = True
        for local in self._table.sessions():
            if not local.left:
                local.break_off(NodeClosed(self.party))
                local.abort("its node was closed")
        with anyio.move_on_after(self._config.limits.shutdown_grace, shield=True):
            while not self._drained():
                await self._changed.wait()
        for local in self._table.sessions():
            local.expire()
        return list(self._table.undelivered)

    def _drained(self) -> bool:
        """Whether no message is left, and nothing else for a peer that is connected."""
        left = any(local.undelivered() for local in self._table.sessions())
        return not left and all(
            courier.peer.dispatch.empty or not courier.reached
            for courier in self._couriers.values()
        )


def _loaded(source: str | Path | Mapping[str, object], plugins: Sequence[object]) -> NodeConfig:
    return load_config(source, Plugins(plugins))


async def _serve(transport: Transport, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
    await transport.serve(inbox, task_status=task_status)


@asynccontextmanager
async def open_node(
    source: str | Path | Mapping[str, object] | NodeConfig,
    *,
    plugins: Sequence[object] = (),
    surroundings: Surroundings = Surroundings(),  # noqa: B008
) -> AsyncIterator[Node]:
    """Open a node from a config file (or its content).

    ``async with open_node("alice.toml") as node``.

    Leaving the block aborts sessions that are still open, goes on delivering for at most
    ``limits.shutdown_grace``, and closes all connections.

    Args:
        source: a path of a TOML file, its content as a mapping, or a config that was loaded
        already.
        plugins: plugin objects beside those that are installed.
        surroundings: time and chance; for simulators.

    Raises:
        ConfigError: the config or a plugin is not in order.
        TransportError: the transport cannot be opened.
        Undelivered: on leaving in good order, when messages were left.
    """
    if not isinstance(source, NodeConfig):
        source = await anyio.to_thread.run_sync(_loaded, source, plugins)
    aside = Aside()
    left: list[tuple[int, str, int]] = []
    async with assembled(source, surroundings) as parts, anyio.create_task_group() as group:
        node = Node(source, parts)
        running = await group.start(node._run, parts.transport)
        try:
            with aside:
                yield node
        finally:
            left = await node._close()
            running.cancel()
    if left and aside.error is not None:
        _log.warning("%s", Undelivered(left))
    aside.raise_again()
    if left:
        raise Undelivered(left)
