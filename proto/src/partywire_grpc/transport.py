"""Both wires as a transport of the core, over whatever security it is given."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from hashlib import sha256

import anyio
from anyio.abc import TaskStatus

from partywire.delivery.limits import Limits
from partywire.errors import Rejected, Unreachable
from partywire.identity import Identity
from partywire.inbox import Inbox
from partywire.interfaces import Channel, Judge, Transport, UnaryChannel
from partywire.setting import Setting
from partywire_grpc.addresses import Address
from partywire_grpc.bridge import GRACE, Bridge, opened_bridge
from partywire_grpc.channel import FastChannel
from partywire_grpc.connections import RENEWED, Connections
from partywire_grpc.door import Door
from partywire_grpc.lookout import Lookout
from partywire_grpc.options import channel_options, check_descriptors, server_options, waiting
from partywire_grpc.place import Move, Place
from partywire_grpc.reference.channel import ReferenceChannel
from partywire_grpc.reference.requests import FRAMING, LARGEST
from partywire_grpc.reference.serving import served
from partywire_grpc.refusals import Refusals
from partywire_grpc.security import Approach, OtherEnd, Security
from partywire_grpc.service import Dial, Host
from partywire_grpc.stream import Stream

Change = Callable[[Setting, Setting], Awaitable[Move]]


class FastTransport(Transport):
    """One party's end of the fast wire, and of the reference wire where peers are on it."""

    def __init__(
        self,
        place: Place,
        security: Security,
        limits: Limits,
        bridge: Bridge,
        change: Change | None,
    ) -> None:
        """Made by `opened_transport`."""
        self._change = change
        self._place = place
        self._security = security
        self._bridge = bridge
        self._window = limits.window
        self._pace = limits.heartbeat
        self._largest = limits.largest_message
        self._connections = Connections()
        self._present: list[Callable[[str], bool]] = []

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        """Call a peer; it is judged before it is greeted."""
        address = self._address(peer)
        approach, identity = await self._approach(peer, address, judge)
        stream = self._stream()
        channel = FastChannel(
            peer,
            self._bridge,
            stream,
            shown=approach.shown,
            pace=self._pace,
            silence=self._security.silence,
        )
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
        self._connections.channels.add(channel)
        try:
            other = await channel.other_end()
            channel.identity = identity or judge(self._security.called(other))
            yield channel
        finally:
            self._connections.channels.discard(channel)
            channel.hang_up(Unreachable(peer, "the connection was closed"))
            await job.finish()

    def unary(self, peer: str) -> bool:
        """Tell whether a peer is on the reference wire."""
        return peer in self._place.unary

    @asynccontextmanager
    async def call(self, peer: str, judge: Judge) -> AsyncIterator[UnaryChannel]:
        """Prepare calls to a peer on the reference wire; it is judged before the first one."""
        address = self._address(peer)
        approach, identity = await self._approach(peer, address, judge)
        if identity is None:
            identity = judge(self._security.called(OtherEnd(peer, str(address))))
        own, silence = self._place.party, self._security.silence
        channel = ReferenceChannel(identity, own, self._bridge, approach, silence=silence)
        self._connections.calling.add(channel)
        try:
            async with channel.connected(address):
                yield channel
        finally:
            self._connections.calling.discard(channel)

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        """Take calls until cancelled. Raises `Rejected` where the address cannot be had."""
        problem: OSError | None = None
        refusals = Refusals()
        async with anyio.create_task_group() as group:
            lookout = Lookout(self._absent, partial(self._look, inbox))
            self._connections.door = door = Door(
                inbox,
                group,
                self._bridge,
                self._security,
                pace=self._pace,
                departed=lookout.departed,
                refusals=refusals,
            )
            self._present = [door.has]
            group.start_soon(lookout.run)
            host = Host(
                self._place.listen,
                self._place.party,
                security=self._security,
                options=server_options(self._window, len(self._place.peers)),
                waiting=waiting(self._window),
                new_stream=self._stream,
                arrived=partial(self._bridge.to_node, door.arrived),
                gone=partial(self._bridge.to_node, door.gone),
                knocked=partial(self._bridge.to_node, lookout.knock),
            )
            try:
                async with AsyncExitStack() as stack:
                    await self._bridge.run(host.open)
                    if self._place.unary_listen is not None:
                        callers = await stack.enter_async_context(
                            served(
                                self._place.unary_listen,
                                inbox,
                                group,
                                self._bridge,
                                self._security,
                                largest=min(LARGEST, self._largest + FRAMING),
                                peers=len(self._place.peers),
                                speaks=self.unary,
                                departed=lookout.departed,
                                knocked=lookout.knock,
                                refusals=refusals,
                            )
                        )
                        self._present.append(callers.has)
                    group.start_soon(self._tend)
                    task_status.started()
                    await anyio.sleep_forever()
            except OSError as error:
                problem = error
            finally:
                door.close()
                with anyio.move_on_after(GRACE, shield=True):
                    await self._bridge.run(host.close)
                group.cancel_scope.cancel()
        if problem is not None:
            raise Rejected(self._place.party, str(problem)) from problem

    async def _approach(
        self, peer: str, address: Address, judge: Judge
    ) -> tuple[Approach, Identity | None]:
        """Look at a server and judge it, where a look shows who it is."""
        approach = await self._bridge.run(partial(self._security.look, peer, address))
        seen = approach.evidence
        identity = None if seen is None else judge(seen)
        if seen is not None:
            await self._bridge.run(partial(self._security.admit, peer, seen))
        self._connections.check(peer, approach.shown)
        return approach, identity

    def _absent(self) -> list[str]:
        """Return who is not here, on any wire."""
        return [
            party for party in self._place.peers if not any(has(party) for has in self._present)
        ]

    async def _look(self, inbox: Inbox, peer: str) -> bool:
        """Look at a peer, so that it can call here; tell whether it could not before."""
        look = partial(self._security.look, peer, self._address(peer))
        seen = (await self._bridge.run(look)).evidence
        if seen is None:
            return False
        inbox.judge(seen, peer)
        return bool(await self._bridge.run(partial(self._security.admit, peer, seen)))

    async def _tend(self) -> None:
        """Let the security tend to the server; who was still shown an old certificate leaves."""
        renewed = partial(self._bridge.to_node, self._connections.end_visits)
        await self._bridge.run(partial(self._security.tend, self._place.listen, renewed))

    async def prepare(self, setting: Setting, former: Setting) -> Callable[[], None]:
        """Check a changed config as the opener does, and return what moves where it leads.

        A connection that stands stays where it leads to; the next one goes by the new address.
        Another certificate of ours is announced here already, within `ANNOUNCING`: peers have been
        told of it even where what is returned is never called.
        """
        if self._change is None:
            return await super().prepare(setting, former)
        move = await self._change(setting, former)
        if move.certificate:
            await self._connections.announce(move.certificate)
        return partial(self._move, move)

    async def succeed(self, certificate: bytes, renew: Callable[[], None]) -> None:
        """Announce another certificate of ours, in DER, within `ANNOUNCING`, and show it then.

        ``renew`` is called on the event loop of gRPC. Connections by the certificate before it
        stand until `keep` ends them. A call that is cancelled has announced it.
        """
        await self._connections.announce(certificate)
        self._bridge.to_wire(renew)

    def keep(self, shown: Collection[bytes], reason: str) -> None:
        """End each connection that shows none of these certificates of ours, given by SHA-256.

        That holds too for each that is being made, and from then on. ``reason`` is for people.
        """
        self._connections.keep(shown, reason)

    def _move(self, move: Move) -> None:
        self._place = move.place
        move.take()
        self._bridge.to_wire(move.renew)
        if move.certificate:
            self.keep([sha256(move.certificate).digest()], RENEWED)

    def _address(self, peer: str) -> Address:
        if peer not in self._place.peers:
            raise Rejected(peer, "is not in the roster any more")
        return self._place.peers[peer]

    def _stream(self) -> Stream:
        return Stream(self._bridge.to_node, patience=2 * self._pace)


@asynccontextmanager
async def opened_transport(
    place: Place, security: Security, limits: Limits, change: Change | None = None
) -> AsyncIterator[FastTransport]:
    """Open the wires of one party.

    Args:
        place: where the party and its peers listen.
        security: credentials for both directions, and evidence of whoever is at the other end.
        limits: ``window`` bounds what is on its way here on one connection; ``heartbeat`` is how
            often a peer is heard of, and twice that how long it may be silent.
        change: checks a changed config in full, given the new setting and the former one; see
            `Transport.prepare`. Without it nothing can change while the transport is open.
    """
    check_descriptors(len(place.peers))
    async with opened_bridge() as bridge:
        yield FastTransport(place, security, limits, bridge, change)
