"""Where the scenarios take place: one venue for each way to carry bytes.

A scenario asks its venue for nodes and knows nothing of transports. A further transport is a
further venue.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio

from partywire import Surroundings, open_node
from partywire_inmemory import config_of, party_names
from partywire_inmemory.handles import network_named
from tests.certificates.wallet import common_wallet
from tests.interaction.scenes import ON_STAGE
from tests.loopback import PLAIN, free_ports, street

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from partywire import Node
    from tests.loopback import Security

MOST = 9
"""Parties of a scenario."""
PATIENCE = 20.0
"""Seconds after which a scenario is stuck."""

_numbers = count()

Config = dict[str, Any]


class Venue(ABC):
    """A way to open nodes that can reach each other, for one test."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def close(self) -> None:
        """End what the configs need; their nodes have been closed."""
        self._open.close()

    @abstractmethod
    def configs(self, parties: int, **tables: Mapping[str, object]) -> dict[str, Config]:
        """The configs of ``p1`` to ``pN``, in a network that nobody else uses."""

    @abstractmethod
    def cut(self, config: Config) -> None:
        """Break every connection of that network, as if the party of ``config`` had died."""

    @asynccontextmanager
    async def network(
        self,
        parties: int,
        *,
        surroundings: Surroundings | None = None,
        session: Mapping[str, object] | None = None,
        limits: Mapping[str, object] | None = None,
    ) -> AsyncIterator[dict[str, Node]]:
        """Open that many nodes, all ready.

        The scenario fails when it takes longer than `PATIENCE`.
        """
        configs = self.configs(parties, session=session or {}, limits=limits or {})
        async with self.opened(configs, surroundings=surroundings) as nodes:
            yield nodes

    @asynccontextmanager
    async def opened(
        self,
        configs: Mapping[str, Config],
        *,
        surroundings: Surroundings | None = None,
        plugins: Sequence[object] = (),
    ) -> AsyncIterator[dict[str, Node]]:
        """Open a node for each config, all ready; see `network`."""
        async with self.unready(configs, surroundings=surroundings, plugins=plugins) as nodes:
            for node in nodes.values():
                await node.ready()
            yield nodes

    @asynccontextmanager
    async def unready(
        self,
        configs: Mapping[str, Config],
        *,
        surroundings: Surroundings | None = None,
        plugins: Sequence[object] = (),
    ) -> AsyncIterator[dict[str, Node]]:
        """Open a node for each config and go on at once; see `network`."""
        async with AsyncExitStack() as stack:
            stack.enter_context(patience())
            nodes = {}
            for party, config in configs.items():
                opened = node_of(config, surroundings=surroundings, plugins=plugins)
                nodes[party] = await stack.enter_async_context(opened)
            yield nodes


class InMemory(Venue):
    """Nodes in memory; ``encode`` sends every batch through the byte codec."""

    def __init__(self, *, encode: bool) -> None:
        super().__init__()
        self._encode = encode

    def configs(self, parties: int, **tables: Mapping[str, object]) -> dict[str, Config]:
        names = party_names(parties)
        network = f"scenario-{next(_numbers)}"
        return {
            party: config_of(party, names, network, encode=self._encode, **tables)
            for party in names
        }

    def cut(self, config: Config) -> None:
        network = network_named(config["transport"]["network"])
        for party in (config["party"]["id"], *(peer["id"] for peer in config["peer"])):
            handle, _ = network.find(party)
            for hang_up in list(handle.hang_up.values()):
                hang_up()


class Loopback(Venue):
    """Nodes over gRPC on this machine, with cables between them that run in a thread."""

    def __init__(self, security: Callable[[], Security], *, reference: bool = False) -> None:
        super().__init__()
        self._security = security()
        self._reference = reference
        self._pulls: dict[str, Callable[[], None]] = {}

    def configs(self, parties: int, **tables: Mapping[str, object]) -> dict[str, Config]:
        laid = street(party_names(parties), self._security, **tables)
        if self._reference:
            put_on_reference(laid.configs.values())
        pull = self._open.enter_context(laid.in_thread())
        self._pulls |= {_place(config): pull for config in laid.configs.values()}
        return laid.configs

    def cut(self, config: Config) -> None:
        self._pulls[_place(config)]()


def put_on_reference(configs: Iterable[Config]) -> None:
    """Put all parties on the reference wire, at the addresses that they have."""
    configs = list(configs)
    for config, port in zip(configs, free_ports(len(configs)), strict=True):
        transport = config["transport"]
        transport["reference_listen"] = transport["listen"]
        transport["listen"] = f"127.0.0.1:{port}"
        for peer in config["peer"]:
            peer["wire"] = "reference"


def _place(config: Config) -> str:
    return str(config["transport"]["listen"])


VENUES: Mapping[str, Callable[[], Venue]] = {
    "objects": partial(InMemory, encode=False),
    "bytes": partial(InMemory, encode=True),
    "grpc": partial(Loopback, lambda: PLAIN),
    "reference": partial(Loopback, lambda: PLAIN, reference=True),
    "mtls": partial(Loopback, partial(common_wallet, *party_names(MOST))),
}


@asynccontextmanager
async def node_of(
    config: Config,
    *,
    surroundings: Surroundings | None = None,
    plugins: Sequence[object] = (),
) -> AsyncIterator[Node]:
    """Open one node, which is on stage as long as it is open."""
    given = surroundings or Surroundings()
    async with open_node(config, plugins=plugins, surroundings=given) as node:
        ON_STAGE.add(node)
        try:
            yield node
        finally:
            ON_STAGE.discard(node)


def patience() -> AbstractContextManager[object]:
    """Bound a wait that nothing else bounds."""
    return anyio.fail_after(PATIENCE)
