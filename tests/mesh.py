"""Networks over insecure gRPC with a fault proxy for each party that dials another."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from partywire import open_node
from tests.faultproxy import Proxy
from tests.loopback import Config, config_of, free_ports, laid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from partywire import Node
    from tests.faultproxy import Chances, Fault


@attrs.frozen
class Mesh:
    """Parties that each listen at a port of their own, and reach each other by links.

    Attributes:
        configs: by party.
        links: by who dials and whom.
    """

    configs: dict[str, Config]
    links: dict[tuple[str, str], Proxy]

    def of(self, party: str) -> list[Proxy]:
        """Every link that a party uses, in either direction."""
        return [link for pair, link in self.links.items() if party in pair]

    def prevail(self, fault: Fault, links: Iterable[Proxy]) -> None:
        """Let a fault strike these links until they are healed."""
        for link in links:
            link.prevail(fault)

    def heal(self) -> None:
        """End what prevails anywhere."""
        for link in self.links.values():
            link.heal()

    def laid(self) -> AbstractAsyncContextManager[None]:
        """Let the links carry."""
        return laid(self.links.values())

    @asynccontextmanager
    async def nodes(self, *parties: str) -> AsyncIterator[dict[str, Node]]:
        """Lay the links and open a node for each of these parties, or for all."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.laid())
            yield {
                party: await stack.enter_async_context(open_node(self.configs[party]))
                for party in parties or self.configs
            }


def mesh(
    names: Sequence[str], chances: Chances | None = None, **tables: Mapping[str, object]
) -> Mesh:
    """A mesh for these parties, whose configs have these tables too."""
    pairs = [(one, other) for one in names for other in names if one != other]
    ports = free_ports(len(names) + len(pairs))
    places = dict(zip(names, ports, strict=False))
    links = {
        (one, other): Proxy(places[other], near=near, chances=_of_link(chances, one, other))
        for (one, other), near in zip(pairs, ports[len(names) :], strict=True)
    }
    configs = {
        party: config_of(
            party,
            places[party],
            {other: link.near for (one, other), link in links.items() if one == party},
            **tables,
        )
        for party in names
    }
    return Mesh(configs, links)


def _of_link(chances: Chances | None, one: str, other: str) -> Chances | None:
    """Each link has chances of its own, from the same seed."""
    if chances is None:
        return None
    return attrs.evolve(chances, seed=f"{chances.seed}/{one}/{other}")
