"""A simulated connection: two streams of frames, which the network delays, holds up and loses."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

import attrs

from partywire.errors import Rejected, TransportError, Unreachable
from partywire_inmemory.simulation.frames import (
    Frame,
    Kind,
    decode_frame,
    encode_frame,
    size_of,
)
from partywire_inmemory.simulation.links import Lane
from partywire_inmemory.simulation.network import Host, SimulatedNetwork

MOST_ON_THE_WAY = 4 << 20
"""Bytes of a stream that may be sent and not taken yet before it takes no further batch."""
SILENCE = 20.0
"""Seconds after which an end notices that the other one has gone without a word."""


class End(Protocol):
    """What a connection tells one of its ends."""

    def arrived(self, frame: Frame) -> None:
        """A frame came."""

    def ended(self, problem: TransportError) -> None:
        """The connection is over."""


class Dialler(End, Protocol):
    """The end that sends batches."""

    def has_room(self) -> None:
        """The stream from here may take a batch again."""


@attrs.define(eq=False)
class _Sent:
    """A frame on its way, and when it is due."""

    data: bytes
    kind: Kind
    due: float


class Stream:
    """One direction of a connection. Frames stay in order, but for batches that are overtaken."""

    def __init__(
        self,
        network: SimulatedNetwork,
        source: str,
        target: str,
        deliver: Callable[[Frame], None],
        fail: Callable[[str], None],
    ) -> None:
        """Made by `Connection`."""
        self._network = network
        self._source, self._target = source, target
        self._deliver = deliver
        self._fail = fail
        self._path = network.path(source, target)
        self._lane = Lane()
        self._line: deque[_Sent] = deque()
        self._untaken = 0
        self._hole = False
        self.closed: bool = False

    @property
    def full(self) -> bool:
        """Whether so much was not taken yet that a batch has to wait."""
        return self._untaken >= MOST_ON_THE_WAY

    def taken(self, frame: Frame) -> None:
        """The other end has taken a frame that arrived."""
        self._untaken -= size_of(frame)

    def send(self, kind: Kind, data: bytes, sessions: Mapping[str, int] | None = None) -> None:
        """Put a frame on its way."""
        if self.closed:
            return
        self._tell("sent", kind, data, sessions=sessions)
        self._untaken += len(data)
        if self._swallowed():
            self._tell("vanished", kind, data)
        else:
            self._carry(_Sent(data, kind, 0.0))

    def resume(self) -> None:
        """Send what was held up again, in its order."""
        line, self._line = self._line, deque()
        now = self._network.agenda.now()
        for sent in line:
            if sent.due <= now:
                self._carry(sent)
            else:
                self._enqueue(sent)

    def close(self) -> None:
        """Nothing arrives any more."""
        self.closed = True
        self._line.clear()
        self._path.leave(self._lane)

    def _carry(self, sent: _Sent) -> None:
        """Ask the path what becomes of a frame, and see to it."""
        agenda, size = self._network.agenda, len(sent.data)
        fate = self._path.carry(agenda.now(), size, self._lane, batch=sent.kind is Kind.BATCH)
        if fate.losses:
            self._tell("lost", sent.kind, sent.data, note=f"{fate.losses} in a row")
        if fate.breaks is not None:
            problem = f"a frame got lost {fate.losses} times in a row"
            agenda.at(fate.breaks, partial(self._fail, problem))
            return
        if fate.again is not None:
            self._untaken += size
            agenda.at(fate.again, partial(self._arrive_again, sent))
        sent.due = fate.arrives
        if fate.overtaken:
            agenda.at(fate.arrives, partial(self._arrive_late, sent))
        else:
            self._enqueue(sent)

    def _enqueue(self, sent: _Sent) -> None:
        if self._line:
            sent.due = max(sent.due, self._line[-1].due)
        self._line.append(sent)
        self._network.agenda.at(sent.due, self._advance)

    def _advance(self) -> None:
        """Let arrive what is due at the head of the line."""
        while self._line and self._line[0].due <= self._network.agenda.now():
            if self._network.parted(self._source, self._target):
                return
            sent = self._line.popleft()
            self._arrive("arrived", sent)

    def _arrive_late(self, sent: _Sent) -> None:
        """A batch that others may have overtaken arrives, or waits in line where nothing passes."""
        if self.closed:
            return
        if self._network.parted(self._source, self._target):
            self._enqueue(sent)
        else:
            self._arrive("overtaken", sent)

    def _arrive_again(self, sent: _Sent) -> None:
        if self.closed or self._hole or self._network.parted(self._source, self._target):
            self._untaken -= len(sent.data)
        else:
            self._arrive("again", sent)

    def _arrive(self, what: str, sent: _Sent) -> None:
        if self._swallowed():
            self._tell("vanished", sent.kind, sent.data)
            return
        self._tell(what, sent.kind, sent.data)
        self._deliver(decode_frame(sent.data))

    def _swallowed(self) -> bool:
        """Once something has vanished, nothing that comes after it can be read."""
        if not self._hole and self._network.swallows(self._source, self._target):
            self._hole = True
        return self._hole

    def _tell(
        self,
        what: str,
        kind: Kind,
        data: bytes,
        *,
        sessions: Mapping[str, int] | None = None,
        note: str = "",
    ) -> None:
        name = kind.name.lower()
        self._network.record(
            what,
            self._source,
            self._target,
            frame=name,
            size=len(data),
            sessions=sessions,
            note=note,
        )


class Connection:
    """What ``client`` dialled: a stream each way, and an end at each side."""

    def __init__(self, network: SimulatedNetwork, client: Host, server: Host) -> None:
        """Connect two hosts; the ends are set before `open`."""
        self.network: SimulatedNetwork = network
        self.client: Host = client
        self.server: Host = server
        self.dialler: Dialler
        self.server_end: End
        here, there = client.party, server.party
        self.out: Stream = Stream(network, here, there, self._at_server, self.fail)
        self.back: Stream = Stream(network, there, here, self._at_client, self.fail)
        self._open = {client: True, server: True}

    def open(self) -> None:
        """Let both hosts have it, until it ends."""
        for host in self._open:
            host.connections[self] = None

    def close(self, host: Host, reason: str, *, refused: bool = False) -> None:
        """End one side, and tell the other as soon as word gets there."""
        if not self._open[host]:
            return
        outgoing, _, other = self._sides(host)
        self._over(host, Unreachable(other.party, "the connection was closed here"))
        kind = Kind.REFUSAL if refused else Kind.GOODBYE
        outgoing.send(kind, encode_frame(kind, 0, reason.encode()))
        if self._open[other]:
            silent = Unreachable(host.party, f"no answer from there for {SILENCE:.0f} s")
            self.network.agenda.after(SILENCE, partial(self._over, other, silent))

    def taken(self, frame: Frame) -> None:
        """The server has taken a frame: there may be room for another."""
        self.out.taken(frame)
        self.dialler.has_room()

    def resume(self) -> None:
        """Go on after a partition."""
        self.out.resume()
        self.back.resume()

    def fail(self, problem: str) -> None:
        """Both ends notice that the connection is gone."""
        self._over(self.client, Unreachable(self.server.party, problem))
        self._over(self.server, Unreachable(self.client.party, problem))

    def _over(self, host: Host, problem: TransportError) -> None:
        if not self._open[host]:
            return
        self._open[host] = False
        host.connections.pop(self, None)
        _, incoming, other = self._sides(host)
        incoming.close()
        self.network.record("ended", host.party, other.party, note=problem.problem)
        (self.dialler if host is self.client else self.server_end).ended(problem)

    def _sides(self, host: Host) -> tuple[Stream, Stream, Host]:
        if host is self.client:
            return self.out, self.back, self.server
        return self.back, self.out, self.client

    def _at_server(self, frame: Frame) -> None:
        self._at(self.server, self.client, self.server_end, frame)

    def _at_client(self, frame: Frame) -> None:
        self._at(self.client, self.server, self.dialler, frame)
        self.back.taken(frame)

    def _at(self, host: Host, other: Host, end: End, frame: Frame) -> None:
        if frame.kind is Kind.GOODBYE:
            self._over(host, Unreachable(other.party, frame.body.decode()))
        elif frame.kind is Kind.REFUSAL:
            self._over(host, Rejected(other.party, frame.body.decode()))
        else:
            end.arrived(frame)
