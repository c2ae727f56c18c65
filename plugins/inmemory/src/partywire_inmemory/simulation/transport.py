"""The transport over the simulated network: what crosses is bytes, and takes its time."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import anyio
from anyio.abc import TaskStatus

from partywire.errors import IdentityError, Rejected, Unreachable
from partywire.hookspecs import Setting, TransportDescriptor, hookimpl
from partywire.identity import WHO
from partywire.inbox import Inbox
from partywire.interfaces import Channel, Judge, Transport
from partywire.setting import refuse_changes
from partywire_inmemory.handles import Handle, HandleEvidence
from partywire_inmemory.simulation.connection import Connection
from partywire_inmemory.simulation.ends import ServerEnd, SimulatedChannel
from partywire_inmemory.simulation.network import CONNECT_TIMEOUT, Host, SimulatedNetwork
from partywire_inmemory.verifier import HandleVerifier


class SimulatedTransport(Transport):
    """One party's place in the simulated network, and its connections."""

    def __init__(self, network: SimulatedNetwork, host: Host, patience: float) -> None:
        """Made by `simulated_plugin`; ``patience`` is how long to wait for an answer to a call."""
        self._network = network
        self._host = host
        self._patience = patience

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        """Take calls until cancelled."""
        async with anyio.create_task_group() as group:
            self._host.handle.inbox = inbox
            self._host.group = group
            try:
                task_status.started()
                await anyio.sleep_forever()
            finally:
                self._network.stop_serving(self._host)

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        """Call a peer, and judge its handle as it judges ours."""
        network, host = self._network, self._host
        await self._dial(peer)
        if not host.alive:
            raise Unreachable(peer, "this node has left the network")
        there, inbox = network.find(peer)
        identity = judge(_shown(there.handle))
        connection = Connection(network, host, there)
        channel = SimulatedChannel(identity, connection)
        connection.dialler = channel
        arrive = partial(inbox.arrive, _shown(host.handle))
        try:
            connection.server_end = ServerEnd(connection, arrive)
        except IdentityError as error:
            raise Rejected(peer, "refused our identity") from error
        try:
            connection.open()
            yield channel
        finally:
            connection.close(host, "closed the connection")

    async def prepare(self, setting: Setting, former: Setting) -> Callable[[], None]:
        """Take any roster: a place in a network has no list of the others."""
        refuse_changes(setting, former, but=("peer",))
        return lambda: None

    async def _dial(self, peer: str) -> None:
        """Return once the peer's host has answered, or ours has gone."""
        network, here = self._network, self._host
        pause, waited = network.path(here.party, peer).timeout, 0.0
        while here.alive:
            answered = network.handshake(here.party, peer)
            if answered is not None:
                await anyio.sleep(answered)
                return
            pause = min(pause, self._patience - waited)
            if pause <= 0:
                network.record("no answer", here.party, peer)
                raise Unreachable(peer, f"no answer within {self._patience:.1f} s")
            await anyio.sleep(pause)
            waited += pause
            pause *= 2


class SimulatedPlugin:
    """The plugin ``transport.simulated`` of one network; given to the config, never installed."""

    def __init__(self, network: Callable[[], SimulatedNetwork]) -> None:
        """Open transports in the network that ``network`` returns."""
        self._network = network

    @hookimpl
    def register_transports(self) -> list[TransportDescriptor]:
        """Return the transport, which brings a verifier of its own."""
        return [
            TransportDescriptor(
                name="simulated",
                open=self._open,
                verifier=lambda _: HandleVerifier(self._network().name),
                proves=frozenset({WHO}),
            )
        ]

    def _open(self, setting: Setting) -> AbstractAsyncContextManager[Transport]:
        return _opened(self._network(), setting)


@asynccontextmanager
async def _opened(network: SimulatedNetwork, setting: Setting) -> AsyncIterator[Transport]:
    host = network.join(setting.party)
    patience = min(CONNECT_TIMEOUT, setting.limits.deliver_timeout / 2)
    try:
        yield SimulatedTransport(network, host, patience)
    finally:
        network.leave(host)


def _shown(handle: Handle) -> HandleEvidence:
    return HandleEvidence(handle.party, f"network {handle.network.name}", handle)
