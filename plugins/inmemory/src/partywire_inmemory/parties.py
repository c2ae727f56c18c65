"""Many nodes in one process, with one line: for test suites, examples and demos."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count

import anyio.to_thread

from partywire import Node, Surroundings, open_node
from partywire.config import NodeConfig, load_config
from partywire.plugins import Plugins

_numbers = count()


def party_names(number: int) -> tuple[str, ...]:
    """Return ``p1`` to ``pN``."""
    return tuple(f"p{index}" for index in range(1, number + 1))


def config_of(
    party: str,
    parties: Sequence[str],
    network: str,
    *,
    encode: bool = False,
    session: Mapping[str, object] | None = None,
    limits: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Return the content of a config file for one party.

    Args:
        party: this node's party id.
        parties: all party ids, its own among them or not.
        network: the name under which the nodes of one event loop find each other.
        encode: send batches as bytes, through the codec of the wires.
        session: keys of ``[session]``.
        limits: keys of ``[limits]``; ``shutdown_grace`` is 1 s unless it is given.
    """
    return {
        "party": {"id": party},
        "transport": {"plugin": "inmemory", "network": network, "encode": encode},
        "peer": [{"id": other} for other in parties if other != party],
        "session": dict(session or {}),
        "limits": {"shutdown_grace": "1s", **(limits or {})},
    }


@asynccontextmanager
async def network(
    parties: int | Sequence[str],
    *,
    encode: bool = False,
    session: Mapping[str, object] | None = None,
    limits: Mapping[str, object] | None = None,
    surroundings: Surroundings | None = None,
) -> AsyncIterator[dict[str, Node]]:
    """Open a node for each party in a network of their own, and give them by party id, all ready.

    The nodes are closed at the end, the last one first. ``limits.shutdown_grace`` is 1 s here
    unless it is given.

    Args:
        parties: party ids, or how many (``p1`` to ``pN``).
        encode: send batches as bytes, through the codec of the wires.
        session: keys of ``[session]``.
        limits: keys of ``[limits]``.
        surroundings: time and chance, for all of them.

    Raises:
        ConfigInvalid: a party id or a key is wrong, or there is one party only.
    """
    names = party_names(parties) if isinstance(parties, int) else tuple(parties)
    name = f"partywire-{next(_numbers)}"
    mappings = [
        config_of(party, names, name, encode=encode, session=session, limits=limits)
        for party in names
    ]
    async with AsyncExitStack() as stack:
        nodes = {}
        for config in await anyio.to_thread.run_sync(_loaded, mappings):
            nodes[config.party] = await stack.enter_async_context(
                open_node(config, surroundings=surroundings or Surroundings())
            )
        for node in nodes.values():
            await node.ready()
        yield nodes


def _loaded(mappings: Sequence[Mapping[str, object]]) -> list[NodeConfig]:
    plugins = Plugins()
    return [load_config(mapping, plugins) for mapping in mappings]
