"""What befalls connections, clocks and nodes, as data: when, whom, and for how long."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from partywire.errors import (
    PartywireError,
    PeerAborted,
    PeerDuplicated,
    PeerLeft,
    PeerRestarted,
    PeerUnreachable,
)

if TYPE_CHECKING:
    from core.tests.delivery.support.performance import Performance
    from core.tests.delivery.support.world import World

FOR_EVER = float("inf")


@attrs.frozen
class Fault:
    """Something happens to ``party`` at ``when``, in seconds.

    ``excuses`` is what calls that concern it may raise, but for what an `outage` does; it is empty
    unless there is more than one life of the party, or none.
    """

    excuses: ClassVar[frozenset[type[PartywireError]]] = frozenset()

    when: float
    party: str

    @property
    def over(self) -> float:
        """When the last of it happens."""
        return self.when

    def outage(self, one: str, other: str) -> float:
        """Return for how long it may keep these two from reaching each other."""
        return 0.0

    def strike(self, stage: Any) -> None:
        """Let it happen in what is being performed."""
        raise NotImplementedError


@attrs.frozen
class Cut(Fault):
    """The connection that the party dialled to ``peer`` breaks, and the next ones are refused."""

    peer: str
    downtime: float

    @property
    def over(self) -> float:
        return self.when if self.downtime == FOR_EVER else self.when + self.downtime

    def outage(self, one: str, other: str) -> float:
        return self.downtime if {one, other} == {self.party, self.peer} else 0.0

    def strike(self, stage: Performance) -> None:
        world, way = stage.world, (self.party, self.peer)
        world.refusing.add(way)
        for life in world.living():
            if life.name == self.party:
                life.wires[self.peer].cut()
        if self.downtime < FOR_EVER:
            world.after(self.downtime, partial(world.refusing.discard, way))


@attrs.frozen
class Silence(Fault):
    """Nothing of the party reaches ``peers``, and nobody is told: half-open connections.

    Where it is ``mutual``, nothing of them reaches the party either: a partition.
    """

    peers: tuple[str, ...]
    seconds: float
    mutual: bool

    @property
    def over(self) -> float:
        return self.when if self.seconds == FOR_EVER else self.when + self.seconds

    def outage(self, one: str, other: str) -> float:
        concerned = self.party in (one, other) and (one in self.peers or other in self.peers)
        return self.seconds if concerned else 0.0

    def strike(self, stage: Performance) -> None:
        world = stage.world
        ways = [(self.party, peer) for peer in self.peers]
        if self.mutual:
            ways += [(peer, self.party) for peer in self.peers]
        for way in ways:
            world.paths[way].blocks += 1
        if self.seconds < FOR_EVER:
            world.after(self.seconds, partial(_heal, world, ways))


def _heal(world: World, ways: list[tuple[str, str]]) -> None:
    for way in ways:
        world.paths[way].blocks -= 1


@attrs.frozen
class ClockStep(Fault):
    """The party's clock jumps ahead, as after a machine that slept."""

    seconds: float

    def outage(self, one: str, other: str) -> float:
        return self.seconds if self.party in (one, other) else 0.0

    def strike(self, stage: Performance) -> None:
        for life in stage.world.living():
            if life.name == self.party:
                life.ahead += self.seconds


@attrs.frozen
class Crash(Fault):
    """The party's node ends without a word, and is started anew after ``downtime``, if at all."""

    excuses = frozenset({PeerUnreachable, PeerRestarted, PeerAborted, PeerLeft})

    downtime: float
    silent: bool

    @property
    def over(self) -> float:
        return self.when if self.downtime == FOR_EVER else self.when + self.downtime

    def strike(self, stage: Performance) -> None:
        stage.crash(self.party, silent=self.silent)
        if self.downtime < FOR_EVER:
            stage.world.after(self.downtime, partial(stage.begin_again, self.party))


@attrs.frozen
class Twin(Fault):
    """A second node runs under the party's id; in the end all of them crash."""

    excuses = Crash.excuses | {PeerDuplicated}

    seconds: float

    @property
    def over(self) -> float:
        return self.when + self.seconds

    def strike(self, stage: Performance) -> None:
        stage.begin(self.party)
        end = partial(stage.crash, self.party, silent=False)
        stage.world.after(self.seconds, end)
