"""What a subclass says of each transport that the kit is tried on."""

from __future__ import annotations

import socket
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, cast

from partywire.delivery.limits import MIB
from partywire.testing.transport.scene import TransportScene
from tests.conformance.wire import HERE, Frames, Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from partywire.testing import Config, Configs


class OverWire(TransportScene):
    """The small transport over TCP, on ports that are held for it."""

    plugins: ClassVar[Sequence[object]] = (Wire(),)
    most_unanswered = 16 * MIB
    quiet = 0.05

    @asynccontextmanager
    async def network(self, parties: Sequence[str]) -> AsyncIterator[Configs]:
        with ExitStack() as stack:
            ports = {name: stack.enter_context(held_port()) for name in parties}
            yield {party: wire_config(party, parties, ports) for party in parties}

    async def cut(self, configs: Configs) -> None:
        for frames in [
            frames for frames in Frames.open if frames.port in ports_of(configs).values()
        ]:
            frames.cut()

    def stranger(self, configs: Configs) -> Config:
        ports = {**ports_of(configs), "mallory": 0}
        return wire_config("mallory", ["mallory", *configs], ports)

    def impostor(self, configs: Configs, party: str) -> Config:
        config = wire_config(party, list(configs), ports_of(configs))
        return {**config, "transport": {**transport_of(config), "password": "guessed"}}


@contextmanager
def held_port() -> Iterator[int]:
    """Keep a free port from everybody who does not know it."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((HERE, 0))
        yield holder.getsockname()[1]


def wire_config(party: str, parties: Sequence[str], ports: Mapping[str, int]) -> dict[str, object]:
    keys = {name: {"port": ports[name], "password": f"{name}'s own"} for name in parties}
    return {
        "party": {"id": party},
        "transport": {"plugin": "wire", **keys[party]},
        "peer": [{"id": name, **keys[name]} for name in parties if name != party],
        "limits": {"shutdown_grace": "1s"},
    }


def transport_of(config: Config) -> dict[str, Any]:
    return cast("dict[str, Any]", config["transport"])


def ports_of(configs: Configs) -> dict[str, int]:
    return {party: transport_of(config)["port"] for party, config in configs.items()}
