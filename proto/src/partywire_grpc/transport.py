"""The fast wire as a transport of the core, over whatever security it is given."""

import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio
import attrs
import grpc
from anyio.abc import TaskGroup, TaskStatus

from partywire.delivery.limits import Limits
from partywire.errors import IdentityError, Rejected, Unreachable
from partywire.interfaces import Channel, Inbox, Judge, Transport
from partywire_grpc.addresses import Address
from partywire_grpc.bridge import GRACE, Bridge, opened_bridge
from partywire_grpc.channel import FastChannel
from partywire_grpc.endings import Code, Ending
from partywire_grpc.options import channel_options, check_descriptors, server_options
from partywire_grpc.security import Security
from partywire_grpc.service import Arrival, Dial, Host
from partywire_grpc.stream import Stream
from partywire_grpc.visit import Visit

_log = logging.getLogger("partywire")

PAUSE: Final = 1.0
"""Seconds between two lines of the log about callers who were refused."""
MOST_VISITS: Final = 4
"""Connections that one peer may have to here; a further one ends the oldest."""


@attrs.frozen
class Place:
    """Where a party is in the network: its id, where it listens, and where its peers do."""

    party: str
    listen: Address
    peers: Mapping[str, Address]


class FastTransport(Transport):
    """One party's end of the fast wire."""

    def __init__(self, place: Place, security: Security, limits: Limits, bridge: Bridge) -> None:
        """Made by `opened_transport`."""
        self._place = place
        self._security = security
        self._bridge = bridge
        self._window = limits.window
        self._pace = limits.heartbeat

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        """Call a peer; it is judged before it is greeted."""
        address = self._place.peers[peer]
        approach = await self._bridge.run(partial(self._security.look, peer, address))
        identity = None if approach.evidence is None else judge(approach.evidence)
        stream = self._stream()
        channel = FastChannel(peer, self._bridge, stream, self._pace)
        dial = Dial(
            address=address,
            party=self._place.party,
            approach=approach,
            options=channel_options(self._window),
            stream=stream,
            answered=partial(self._bridge.to_node, channel.answered),
            ended=partial(self._bridge.to_node, channel.ended),
        )
        job = self._bridge.start(dial.run)
        try:
            other = await channel.other_end()
            channel.identity = identity or judge(self._security.called(approach, other))
            yield channel
        finally:
            channel.hang_up(Unreachable(peer, "the connection was closed"))
            await job.finish()

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        """Take calls until cancelled. Raises `Rejected` where the address cannot be had."""
        problem: OSError | None = None
        async with anyio.create_task_group() as group:
            door = _Door(inbox, group, self._bridge, self._security, self._pace)
            host = Host(
                self._place.listen,
                self._place.party,
                credentials=self._security.server_credentials(),
                options=server_options(self._window),
                new_stream=self._stream,
                arrived=partial(self._bridge.to_node, door.arrived),
                gone=partial(self._bridge.to_node, door.gone),
            )
            try:
                await self._bridge.run(host.open)
                task_status.started()
                await anyio.sleep_forever()
            except OSError as error:
                problem = error
            finally:
                door.close()
                with anyio.move_on_after(GRACE, shield=True):
                    await self._bridge.run(host.close)
        if problem is not None:
            raise Rejected(self._place.party, str(problem)) from problem

    def _stream(self) -> Stream:
        return Stream(self._bridge.to_node, patience=2 * self._pace)


class _Door:
    """Judges callers, and attends to those who were let in."""

    def __init__(
        self, inbox: Inbox, group: TaskGroup, bridge: Bridge, security: Security, pace: float
    ) -> None:
        self._inbox = inbox
        self._group = group
        self._bridge = bridge
        self._security = security
        self._pace = pace
        self._visits: dict[str, deque[Visit]] = {}
        self._closed = False
        self._silent_until = 0.0
        self._unsaid = 0

    def arrived(self, arrival: Arrival) -> None:
        """Judge a caller before a frame of it is read."""
        code = self._admit(arrival)
        if code is not None:
            self._bridge.to_wire(arrival.stream.end, Ending(code))
        self._bridge.to_wire(arrival.decide)

    def gone(self, arrival: Arrival, ending: Ending) -> None:
        """A caller's stream is over."""
        listener = arrival.stream.listener
        if listener is not None:
            listener.ended(ending)

    def close(self) -> None:
        """Let nobody in any more; who is here leaves."""
        self._closed = True
        for visits in self._visits.values():
            for visit in list(visits):
                visit.end(Code.UNAVAILABLE)

    def _admit(self, arrival: Arrival) -> grpc.StatusCode | None:
        """Let a caller in, or return why not."""
        if self._closed:
            return Code.UNAVAILABLE
        try:
            arrive = partial(self._inbox.arrive, self._security.caller(arrival.other))
            visit = Visit(arrive, self._bridge, arrival.stream, self._pace)
        except IdentityError as error:
            self._warn(f"refused a caller from {arrival.other.source}: {error}")
            return Code.UNAUTHENTICATED
        except Exception:
            _log.exception("judging a caller failed")
            return Code.INTERNAL
        self._make_room(visit)
        self._group.start_soon(self._attend, visit)
        return None

    def _warn(self, problem: str) -> None:
        """Say it, unless something was said a moment ago: strangers do not fill the log."""
        now = time.monotonic()
        if now < self._silent_until:
            self._unsaid += 1
            return
        unsaid, self._unsaid = self._unsaid, 0
        self._silent_until = now + PAUSE
        _log.warning("%s%s", problem, f" (and {unsaid} others before)" if unsaid else "")

    def _make_room(self, visit: Visit) -> None:
        visits = self._visits.setdefault(visit.party, deque())
        if len(visits) >= MOST_VISITS:
            visits.popleft().end(Code.UNAVAILABLE)
        visits.append(visit)

    async def _attend(self, visit: Visit) -> None:
        try:
            await visit.attend()
        finally:
            visits = self._visits[visit.party]
            if visit in visits:
                visits.remove(visit)


@asynccontextmanager
async def opened_transport(
    place: Place, security: Security, limits: Limits
) -> AsyncIterator[Transport]:
    """Open the fast wire for one party.

    Args:
        place: where the party and its peers listen.
        security: credentials for both directions, and evidence of whoever is at the other end.
        limits: ``window`` bounds what is on its way here on one connection; ``heartbeat`` is how
            often a peer is heard of, and twice that how long it may be silent.
    """
    check_descriptors(len(place.peers))
    async with opened_bridge() as bridge:
        yield FastTransport(place, security, limits, bridge)
