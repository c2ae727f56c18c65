"""The simulated network: who is there, what is between them, and what has gone wrong."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from partywire.delivery.agenda import Agenda
from partywire.inbox import Inbox
from partywire_inmemory.handles import Handle, Network
from partywire_inmemory.simulation.faults import HalfOpen, Partition
from partywire_inmemory.simulation.links import Conditions, Lane, Path
from partywire_inmemory.simulation.log import Event, Log

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from partywire_inmemory.simulation.connection import Connection

HANDSHAKE: Final = 40
"""Bytes of the packets that open a connection."""
CONNECT_TIMEOUT: Final = 10.0
"""Seconds after which a connection that nobody answers is given up."""


class Host:
    """One life of a party in the network.

    Attributes:
        alive: False from the moment of a crash: nothing leaves any more.
        group: runs what the host does with frames that it cannot take at once, while it serves.
        connections: those that end here.
    """

    def __init__(self, handle: Handle) -> None:
        """Made by `SimulatedNetwork.join`."""
        self.handle: Final = handle
        self.party: Final = handle.party
        self.alive: bool = True
        self.group: TaskGroup | None = None
        self.connections: dict[Connection, None] = {}


class SimulatedNetwork:
    """Carries frames between hosts. What it does later stands in its agenda.

    Attributes:
        name: for the handles of the parties.
        agenda: what will happen in the network.
        record: takes what happens.
    """

    def __init__(
        self,
        agenda: Agenda,
        log: Log,
        conditions: Callable[[str, str], Conditions],
        seed: int,
    ) -> None:
        """Start with nobody there; ``conditions`` are those of a link, by source and target."""
        self.name: Final = "simulation"
        self.agenda: Final = agenda
        self.begun: Final = agenda.now()
        self._log: Log | None = log
        self._conditions = conditions
        self._seed = seed
        self._places: Network = Network(self.name)
        self._hosts: dict[str, Host] = {}
        self._paths: dict[tuple[str, str], Path] = {}
        self._partitions: list[Partition] = []
        self._half_open: list[HalfOpen] = []

    # --- who is there -----------------------------------------------------------------------------

    def join(self, party: str) -> Host:
        """Give a party its place. Raises `DuplicateParty`."""
        host = self._hosts[party] = Host(self._places.join(party))
        return host

    def leave(self, host: Host) -> None:
        """Take a party's place away, once; its connections end."""
        if host.alive:
            host.alive = False
            host.handle.inbox = None
            for connection in list(host.connections):
                connection.close(host, "closed its node")
            self._places.leave(host.handle)

    def stop_serving(self, host: Host) -> None:
        """Let nobody call a party any more; what others have connected to it ends."""
        host.handle.inbox = host.group = None
        for connection in list(host.connections):
            if connection.server is host:
                connection.close(host, "closed its node")

    def crash(self, party: str) -> None:
        """Let a party's host die, if there is one."""
        self.record("crash", party)
        host = self._hosts.get(party)
        if host is not None:
            self.leave(host)

    def find(self, party: str) -> tuple[Host, Inbox]:
        """Return a party's host and who takes its calls, or raise `Unreachable`."""
        _, inbox = self._places.find(party)
        return self._hosts[party], inbox

    # --- what is between them ---------------------------------------------------------------------

    def path(self, source: str, target: str) -> Path:
        """Return one direction between two parties."""
        path = self._paths.get((source, target))
        if path is None:
            random = Random(f"{self._seed} {source}>{target}")  # noqa: S311 - repeatable
            path = self._paths[source, target] = Path(self._conditions(source, target), random)
        return path

    def parted(self, one: str, other: str) -> bool:
        """Tell whether a partition is between two parties."""
        return any(partition.parts(one, other) for partition in self._partitions)

    def swallows(self, source: str, target: str) -> bool:
        """Tell whether what one sends to the other vanishes."""
        return any((half.source, half.target) == (source, target) for half in self._half_open)

    def _one_way(self, one: str, other: str) -> bool:
        return self.swallows(one, other) or self.swallows(other, one)

    def handshake(self, source: str, target: str) -> float | None:
        """Return how long it takes to open a connection, or None where the call gets lost."""
        if self.parted(source, target) or self._one_way(source, target):
            return None
        now = self.agenda.now()
        there = self.path(source, target).carry(now, HANDSHAKE, Lane(), batch=False)
        back = self.path(target, source).carry(now, HANDSHAKE, Lane(), batch=False)
        return None if there.losses or back.losses else there.arrives + back.arrives - 2 * now

    # --- what goes wrong --------------------------------------------------------------------------

    def part(self, partition: Partition) -> None:
        """Begin a partition; connections through it break after a while, if it lasts."""
        self._partitions.append(partition)
        self.record("partition", note=", ".join(partition.parties))
        self.agenda.after(
            partition.breaks_after,
            partial(self._break, partition, self.through(partition.parts)),
        )

    def heal(self, partition: Partition) -> None:
        """End a partition; what was held up is sent again."""
        self._partitions.remove(partition)
        self.record("healed", note=", ".join(partition.parties))
        for connection in self.through(partition.parts):
            connection.resume()

    def _break(self, partition: Partition, connections: Iterable["Connection"]) -> None:
        """Break connections through a partition that still lasts."""
        if any(active is partition for active in self._partitions):
            for connection in connections:
                connection.fail(f"no answer from there for {partition.breaks_after:.0f} s")

    def swallow(self, half: HalfOpen) -> None:
        """Begin to swallow."""
        self._half_open.append(half)
        self.record("half-open", half.source, half.target)

    def restore(self, half: HalfOpen) -> None:
        """End to swallow. A connection that has lost something stays silent."""
        self._half_open.remove(half)
        self.record("restored", half.source, half.target)

    def through(self, parts: Callable[[str, str], bool]) -> Iterable["Connection"]:
        """Return the connections between those two of whom that holds."""
        found = {
            connection: None
            for host in self._hosts.values()
            for connection in host.connections
            if parts(connection.client.party, connection.server.party)
        }
        return list(found)

    # --- what is told of it -----------------------------------------------------------------------

    def record(
        self,
        what: str,
        source: str = "",
        target: str = "",
        *,
        frame: str = "",
        size: int = 0,
        sessions: Mapping[str, int] | None = None,
        note: str = "",
    ) -> None:
        """Log an event now; nothing after `fall_silent`."""
        if self._log is not None:
            time = self.agenda.now() - self.begun
            self._log.add(Event(time, what, source, target, frame, size, sessions or {}, note))

    def fall_silent(self) -> None:
        """Log nothing more."""
        self._log = None
