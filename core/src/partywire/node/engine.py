"""What runs in a node: couriers, reception and agenda, from opening to the last batch."""

import logging
from collections.abc import Sequence

import anyio
from anyio.abc import TaskGroup, TaskStatus

from partywire.config import NodeConfig
from partywire.delivery.hello import WayBack
from partywire.delivery.peers import UNCALLED, Peer
from partywire.delivery.records import Terms
from partywire.errors import LabelsNotCarried, NodeClosed, NotInRoster, Rejected, session_text
from partywire.identity import Identity
from partywire.inbox import Inbox
from partywire.interfaces import Transport
from partywire.node.assembly import Parts
from partywire.node.bell import Bell
from partywire.node.clockwork import run_agenda
from partywire.node.courier import NO_PEER, Courier
from partywire.node.introduction import Acquaintance
from partywire.node.lines import Lines
from partywire.node.reception import Reception
from partywire.node.reloading import Change, prepared
from partywire.node.visitor import House
from partywire.session.lifetimes import Aside
from partywire.session.signals import signals
from partywire.session.waits import Waiting

_log = logging.getLogger("partywire")


class Engine:
    """The background of a node. `run` runs it, `close` brings it to an end in good order.

    Attributes:
        config: what is in use.
        changed: rings when a connection comes or goes, and when a session has nothing left to do.
    """

    def __init__(self, config: NodeConfig, parts: Parts) -> None:
        """Prepare; nothing runs yet."""
        self.changed: Bell = Bell()
        self.config: NodeConfig = config
        self._parts = parts
        self._table = parts.table
        self._group: TaskGroup | None = None
        self._new_signal = signals()
        self._closing = False
        self._lines = Lines(config.party, parts, config.limits, self.changed)
        house = House(
            parts.router,
            parts.introduction,
            parts.table.agenda,
            self,
            config.limits.room_timeout,
            config.limits.proof_lifetime,
        )
        self._reception = Reception(parts.table.peers, parts.verifiers, house)
        self._couriers = {party: self._courier(peer) for party, peer in parts.table.peers.items()}
        self._strange: dict[str, bytes] = {}
        parts.table.on_end = self.changed.ring
        parts.table.on_stranger = self._stranger

    @property
    def peers(self) -> tuple[str, ...]:
        """Everybody in the roster but oneself, now."""
        return tuple(self._table.peers)

    def open(
        self, session: int, terms: Terms, peers: Sequence[str], timeout: float, *, one_for_all: bool
    ) -> Waiting:
        """Open a session with these peers; ``timeout`` is its first round's, in seconds.

        Raises:
            NodeClosed: the node is closing.
            SessionIdReused: the id was used before.
            NotInRoster: a peer was taken out of the roster.
            LabelsNotCarried: it has labels, and a peer is on a wire that has none.
        """
        if self._closing:
            raise NodeClosed(self.config.party)
        for party in peers if terms.labels else ():
            if party in self._table.peers and self.unary(party):
                raise LabelsNotCarried(session, party)
        local = self._table.open(
            session, terms, peers, round_timeout=timeout, one_for_all=one_for_all
        )
        return Waiting(local, self._table.agenda, self._new_signal)

    def want(self, peers: Sequence[str]) -> None:
        """Connect to these peers, if there was no reason to before."""
        for party in peers:
            self._known(party).demand.want()

    def identity(self, party: str) -> Identity | None:
        """Return who a peer has proved to be; see `Node.identity`."""
        return self._known(party).identity

    def missing(self, peers: Sequence[str]) -> dict[str, str]:
        """Return which of the peers are not connected in both directions, and why.

        Raises `NotInRoster`, as `want` does.
        """
        missing = {}
        for party in peers:
            courier = self._known(party)
            directions = []
            if not courier.reached:
                directions.append(f"we do not reach it ({courier.peer.link_to})")
            if not courier.peer.callers and not courier.peer.unary:
                directions.append(UNCALLED)
            if directions:
                missing[party] = ", and ".join(directions)
        return missing

    async def run(self, *, task_status: TaskStatus[anyio.CancelScope]) -> None:
        """Run until the scope that is reported is cancelled.

        It is reported once callers can come in. From then on cancellation from outside does not
        reach it: a node that is cancelled still tells its peers. A transport that cannot serve
        raises its own error before.
        """
        aside = Aside()
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                with aside:
                    await group.start(_serve, self._parts.transport, self._reception)
                if aside.error is None:
                    self._group = group
                    group.start_soon(run_agenda, self._table.agenda)
                    for courier in self._couriers.values():
                        courier.demand.ready(group)
                    scope.shield = True
                    task_status.started(scope)
        aside.raise_again()

    async def prepare(self, config: NodeConfig) -> Change:
        """Check a new config in full against the one in use; see `reloading.prepared`."""
        return await prepared(config, self.config, self._parts)

    def change(self, change: Change) -> None:
        """Take a config into use, at once and as a whole, and judge everybody by it again.

        Raises:
            NodeClosed: the node is closing; nothing has changed.
        """
        if self._closing:
            raise NodeClosed(self.config.party)
        change.take()
        self.config = change.config
        for party in self.peers:
            if party not in change.config.peers:
                self._remove(party)
        for party in change.config.peers:
            if party not in self._couriers:
                self._add(party)
        self._reception.ask(change.verifiers)
        for party, courier in self._couriers.items():
            refusals = self._reception.judge_again(party), courier.judge_again()
            refused = next(filter(None, refusals), None)
            if refused is not None:
                _log.warning("ended the connections with %s: %s", party, refused)
        self.changed.ring()

    async def close(self) -> list[tuple[int, str, int]]:
        """Abort what is open and deliver what is left, for `limits.shutdown_grace` at most.

        Returns what could not be delivered: session, party, number of messages.
        """
        self._closing = True
        for local in self._table.sessions():
            if not local.left:
                local.break_off(NodeClosed(self.config.party))
                local.abort("its node was closed")
        with anyio.move_on_after(self.config.limits.shutdown_grace, shield=True):
            while not self._drained():
                await self.changed.wait()
        for local in self._table.sessions():
            local.expire()
        return list(self._table.undelivered)

    def _drained(self) -> bool:
        """Whether no message is left, and nothing else for a peer that is connected."""
        left = any(local.undelivered() for local in self._table.sessions())
        return not left and all(
            courier.peer.outgoing.empty or not courier.reached
            for courier in self._couriers.values()
        )

    def greeted(self, party: str, there: Acquaintance) -> None:
        """A peer's hello was completed, on a connection of its own."""
        self._table.greeted(party, there.hello.incarnation, there.asked)
        here = self._table.peers[party]
        here.callers += 1
        here.uncalled.end()
        self._couriers[party].knock()

    def called(self, party: str) -> None:
        """A peer on a wire of single calls has called, for the first time on its connection."""
        self._table.peers[party].callers += 1
        self._couriers[party].knock()

    def unary(self, party: str) -> bool:
        """Tell whether a peer is on a wire of single calls."""
        return self._table.peers[party].unary

    def room_of(self, party: str) -> Bell:
        """Return what rings when a message of a peer on such a wire may have room."""
        return self._lines.room_of(party)

    def hung_up(self, party: str) -> None:
        """A connection of a peer's own that was greeted has ended."""
        courier = self._couriers[party]
        courier.peer.callers -= 1
        if courier.reached and not courier.peer.callers and not courier.peer.unary:
            courier.peer.uncalled.begin()
        self.changed.ring()

    def way_back(self, party: str) -> WayBack:
        """Return whether the courier of a peer reaches it."""
        return self._table.peers[party].way_back()

    def _stranger(self, party: str, session: int) -> None:
        """A peer sends to a session that it is not in; said once for each life of the peer."""
        life = self._table.peers[party].incarnation
        if self._strange.get(party) != life:
            self._strange[party] = life
            _log.warning(
                "%s sends to session %s, of which it is no member here; it is refused",
                party,
                session_text(session),
            )

    def _courier(self, peer: Peer) -> Courier:
        parts = self._parts
        return Courier(
            peer,
            table=parts.table,
            dial=self._lines.to(peer),
            reception=self._reception,
            random=parts.introduction.surroundings.random,
            limits=self.config.limits,
            changed=self.changed,
        )

    def _known(self, party: str) -> Courier:
        if party not in self._couriers:
            raise NotInRoster(party)
        return self._couriers[party]

    def _add(self, party: str) -> None:
        courier = self._couriers[party] = self._courier(self._table.add(party))
        if self._group is not None:
            courier.demand.ready(self._group)

    def _remove(self, party: str) -> None:
        self._couriers[party].stop()
        self._reception.send_away(party, Rejected(party, NO_PEER))
        del self._couriers[party]
        self._lines.forget(party)
        self._strange.pop(party, None)
        self._table.remove(party)


async def _serve(transport: Transport, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
    await transport.serve(inbox, task_status=task_status)
