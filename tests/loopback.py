"""Networks on loopback over insecure gRPC, whose connections can be cut on the way."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from anyio.from_thread import start_blocking_portal

from tests.faultproxy import Fault, Kind, Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

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
    party: str, port: int, dialled: Mapping[str, int], **tables: Mapping[str, object]
) -> Config:
    """The config of a party that listens at that port, and dials the others at these."""
    return {
        "party": {"id": party},
        "transport": {
            "plugin": "grpc-insecure",
            "listen": f"{_HOST}:{port}",
            "allow_insecure": True,
        },
        "peer": [
            {"id": other, "address": f"{_HOST}:{place}"}
            for other, place in dialled.items()
            if other != party
        ],
        **tables,
    }


def port_of(config: Config) -> int:
    """The port at which the party of a config listens."""
    return int(config["transport"]["listen"].rpartition(":")[2])


@asynccontextmanager
async def laid(proxies: Iterable[Proxy]) -> AsyncIterator[None]:
    """Let all of these proxies carry."""
    async with AsyncExitStack() as stack:
        for each in proxies:
            await stack.enter_async_context(each.running())
        yield


@attrs.frozen
class Street:
    """A network of parties on loopback. Each is found by a cable, and listens behind it."""

    configs: dict[str, Config]
    cables: dict[str, Proxy]

    def pull(self) -> None:
        """Break every connection as it stands."""
        for cable in self.cables.values():
            cable.strike(Fault(Kind.CUT))

    def laid(self) -> AbstractAsyncContextManager[None]:
        """Let the cables carry."""
        return laid(self.cables.values())

    @contextmanager
    def in_thread(self) -> Iterator[Callable[[], None]]:
        """Let the cables carry in a thread of their own; gives what pulls them."""
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(self.laid()):
            yield partial(portal.call, self.pull)

    def stranger(self) -> Config:
        """The config of a node that finds everybody and is in nobody's roster."""
        (port,) = free_ports(1)
        return config_of("mallory", port, _near(self.cables))


def street(names: Sequence[str], **tables: Mapping[str, object]) -> Street:
    """A street for these parties, whose configs have these tables too."""
    ports = free_ports(2 * len(names))
    places = dict(zip(names, ports, strict=False))
    cables = {
        party: Proxy(places[party], near=near)
        for party, near in zip(names, ports[len(names) :], strict=True)
    }
    configs = {party: config_of(party, places[party], _near(cables), **tables) for party in names}
    return Street(configs, cables)


def _near(cables: Mapping[str, Proxy]) -> dict[str, int]:
    return {party: cable.near for party, cable in cables.items()}
