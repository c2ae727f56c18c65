"""The in-memory plugin keeps the contract of plugins, and its verifier that of verifiers."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from partywire.testing import PluginContract, VerifierCase, VerifierContract
from partywire_inmemory import config_of, party_names
from partywire_inmemory import plugin as inmemory
from partywire_inmemory.handles import Handle, HandleEvidence, network_named
from partywire_inmemory.verifier import HandleVerifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping


class TestPlugin(PluginContract):
    plugin: ClassVar[object] = inmemory
    kind = "transport"
    name = "inmemory"
    distribution = "partywire-inmemory"

    def config(self) -> Mapping[str, Any]:
        return config_of("p1", party_names(2), "of the plugin", encode=True)


class TestVerifier(VerifierContract):
    @asynccontextmanager
    async def case(self) -> AsyncIterator[VerifierCase]:
        with place("alice", "own") as alice, place("bob", "own") as bob:
            with place("alice", "foreign") as stranger, place("carol", "own") as gone:
                pass
            yield VerifierCase(
                verifier=HandleVerifier("own"),
                same=HandleVerifier("own"),
                expected="alice",
                evidence=shown(alice),
                others=[shown(bob)],
                garbled=[shown(stranger), attrs.evolve(shown(gone), claimed="alice")],
            )


@contextmanager
def place(party: str, network: str) -> Iterator[Handle]:
    handle = network_named(network).join(party)
    try:
        yield handle
    finally:
        handle.network.leave(handle)


def shown(handle: Handle) -> HandleEvidence:
    return HandleEvidence(handle.party, "a test", handle)
