"""The transport over an in-memory network: hello, judgement, router and limits as of any other."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
import anyio.lowlevel
import attrs
from anyio.abc import TaskStatus

from partywire.errors import IdentityError, Rejected, Unreachable
from partywire.hookspecs import Setting
from partywire.inbox import Inbox
from partywire.interfaces import Channel, Judge, Transport
from partywire.setting import refuse_changes
from partywire_inmemory.channel import InMemoryChannel
from partywire_inmemory.handles import Handle, HandleEvidence, network_named


@attrs.frozen
class InMemoryConfig:
    """``[transport]`` with ``plugin = "inmemory"``."""

    network: str
    """The name under which the nodes of one event loop find each other."""
    encode: bool = False
    """Whether every batch goes through the byte codec of the wires, which is slower."""


class InMemoryTransport(Transport):
    """One party's place in a network, and its connections."""

    def __init__(self, handle: Handle, *, encode: bool) -> None:
        """Made by `open_transport`."""
        self._handle = handle
        self._encode = encode

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        """Take calls until cancelled; what others have connected to here then breaks."""
        handle = self._handle
        handle.inbox = inbox
        try:
            task_status.started()
            await anyio.sleep_forever()
        finally:
            handle.inbox = None
            for hang_up in list(handle.hang_up.values()):
                hang_up()

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        """Call a peer; each end judges the other's handle before anything is said."""
        await anyio.lowlevel.checkpoint()
        there, inbox = self._handle.network.find(peer)
        identity = judge(_shown(there))
        try:
            arrive = partial(inbox.arrive, _shown(self._handle))
            channel = InMemoryChannel(identity, arrive, encode=self._encode)
        except IdentityError as error:
            raise Rejected(peer, "refused our identity") from error
        there.hang_up[channel] = lambda: channel.hang_up(Unreachable(peer, "closed its node"))
        try:
            yield channel
        finally:
            del there.hang_up[channel]
            channel.hang_up(Unreachable(peer, "the connection was closed"))

    async def prepare(self, setting: Setting, former: Setting) -> Callable[[], None]:
        """Take any roster: a place in a network has no list of the others."""
        refuse_changes(setting, former, but=("peer",))
        return lambda: None


@asynccontextmanager
async def open_transport(setting: Setting) -> AsyncIterator[Transport]:
    """Take the party's place in the network of the config, and give it back at the end."""
    config: InMemoryConfig = setting.config
    handle = network_named(config.network).join(setting.party)
    try:
        yield InMemoryTransport(handle, encode=config.encode)
    finally:
        handle.network.leave(handle)


def _shown(handle: Handle) -> HandleEvidence:
    return HandleEvidence(handle.party, f"network {handle.network.name}", handle)
