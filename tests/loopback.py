"""Networks on loopback over insecure gRPC, whose connections can be cut on the way."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from partywire.session.lifetimes import background

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from anyio.abc import ByteStream, SocketStream, TaskStatus

Config = dict[str, Any]
_HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((_HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def config_of(
    party: str, port: int, cables: Mapping[str, Cable], **tables: Mapping[str, object]
) -> Config:
    """The config of a party that listens at that port, and finds the others by their cables."""
    return {
        "party": {"id": party},
        "transport": {
            "plugin": "grpc-insecure",
            "listen": f"{_HOST}:{port}",
            "allow_insecure": True,
        },
        "peer": [
            {"id": other, "address": f"{_HOST}:{cable.near}"}
            for other, cable in cables.items()
            if other != party
        ],
        **tables,
    }


class Cable:
    """What connections go through, from its near port to its far one; it can be pulled."""

    def __init__(self, near: int, far: int) -> None:
        self.near = near
        self._far = far
        self._connections: set[anyio.CancelScope] = set()
        self._frozen = False

    def freeze(self) -> None:
        """Let nothing through any more, and break nothing: a half-open link."""
        self._frozen = True

    def pull(self) -> None:
        """Break every connection as it stands."""
        for scope in list(self._connections):
            scope.cancel()

    async def run(self, *, task_status: TaskStatus[None]) -> None:
        """Carry connections until cancelled."""
        listener = await anyio.create_tcp_listener(local_host=_HOST, local_port=self.near)
        async with listener:
            task_status.started()
            await listener.serve(self._forward)

    async def _forward(self, stream: SocketStream) -> None:
        """Carry the bytes of one connection both ways until one end closes, or the pull."""
        scope = anyio.CancelScope()
        self._connections.add(scope)
        try:
            async with stream:
                with scope:
                    try:
                        there = await anyio.connect_tcp(_HOST, self._far)
                    except OSError:
                        return
                    async with there, anyio.create_task_group() as group:
                        group.start_soon(self._pump, stream, there, group.cancel_scope)
                        group.start_soon(self._pump, there, stream, group.cancel_scope)
        finally:
            self._connections.discard(scope)

    async def _pump(self, source: ByteStream, sink: ByteStream, over: anyio.CancelScope) -> None:
        try:
            async for data in source:
                if self._frozen:
                    await anyio.sleep_forever()
                await sink.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        over.cancel()


@attrs.frozen
class Street:
    """A network of parties on loopback. Each is found by a cable, and listens behind it."""

    configs: dict[str, Config]
    cables: dict[str, Cable]

    def pull(self) -> None:
        """Break every connection as it stands."""
        for cable in self.cables.values():
            cable.pull()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[None]:
        """Let the cables carry."""
        async with background() as group:
            for cable in self.cables.values():
                await group.start(cable.run)
            yield

    def stranger(self) -> Config:
        """The config of a node that finds everybody and is in nobody's roster."""
        (port,) = free_ports(1)
        return config_of("mallory", port, self.cables)


def street(names: Sequence[str], **tables: Mapping[str, object]) -> Street:
    """A street for these parties, whose configs have these tables too."""
    ports = free_ports(2 * len(names))
    places = dict(zip(names, ports, strict=False))
    cables = {
        party: Cable(near, places[party])
        for party, near in zip(names, ports[len(names) :], strict=True)
    }
    configs = {party: config_of(party, places[party], cables, **tables) for party in names}
    return Street(configs, cables)
