"""Networks on loopback over gRPC, whose connections can be cut on the way."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from itertools import cycle, islice
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from anyio.from_thread import start_blocking_portal

from tests.faultproxy import Fault, Kind, Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

Config = dict[str, Any]
_HOST = "127.0.0.1"
_RANGE = range(10_000, 32_000)
"""Below the ports that systems choose from by themselves."""
_FIRST = SystemRandom().choice(_RANGE)
_PORTS = cycle((*range(_FIRST, _RANGE.stop), *range(_RANGE.start, _FIRST)))
"""Each test gets other ones; two runs side by side begin elsewhere."""


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has now, and that no outgoing connection is given later."""
    return list(islice(filter(_is_free, _PORTS), count))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind((_HOST, port))
        except OSError:
            return False
    return True


class Security(Protocol):
    """What configs say beside addresses: who proves who is there, and by what."""

    def transport(self, party: str) -> dict[str, Any]:
        """A party's ``[transport]``, but for where it listens."""

    def peer(self, party: str) -> dict[str, Any]:
        """What others say of a party, but for where it listens."""

    def tables(self) -> Mapping[str, Any]:
        """What else a config needs."""


class Plain:
    """No TLS, and nothing proved."""

    def transport(self, party: str) -> dict[str, Any]:
        return {"plugin": "grpc-insecure", "allow_insecure": True}

    def peer(self, party: str) -> dict[str, Any]:
        return {}

    def tables(self) -> Mapping[str, Any]:
        return {}


PLAIN: Security = Plain()


def config_of(
    party: str,
    port: int,
    dialled: Mapping[str, int],
    security: Security = PLAIN,
    /,
    **tables: Mapping[str, object],
) -> Config:
    """The config of a party that listens at that port, and dials the others at these."""
    return {
        "party": {"id": party},
        "transport": {"listen": f"{_HOST}:{port}", **security.transport(party)},
        "peer": [
            {"id": other, "address": f"{_HOST}:{place}", **security.peer(other)}
            for other, place in dialled.items()
            if other != party
        ],
        **security.tables(),
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
    security: Security

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
        return config_of("mallory", port, _near(self.cables), self.security)


def street(
    names: Sequence[str], security: Security = PLAIN, /, **tables: Mapping[str, object]
) -> Street:
    """A street for these parties, whose configs have these tables too."""
    ports = free_ports(2 * len(names))
    places = dict(zip(names, ports, strict=False))
    cables = {
        party: Proxy(places[party], near=near)
        for party, near in zip(names, ports[len(names) :], strict=True)
    }
    configs = {
        party: config_of(party, places[party], _near(cables), security, **tables) for party in names
    }
    return Street(configs, cables, security)


def on_the_reference_wire(place: Street) -> Street:
    """Let each listen for single calls where it is found, and for batches elsewhere."""
    for config, port in zip(place.configs.values(), free_ports(len(place.configs)), strict=True):
        transport = config["transport"]
        transport["reference_listen"] = transport["listen"]
        transport["listen"] = f"{_HOST}:{port}"
        for peer in config["peer"]:
            peer["wire"] = "reference"
    return place


def _near(cables: Mapping[str, Proxy]) -> dict[str, int]:
    return {party: cable.near for party, cable in cables.items()}
