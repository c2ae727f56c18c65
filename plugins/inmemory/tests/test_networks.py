"""Networks in memory: whoever holds a place is that party, and nobody else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from partywire import open_node
from partywire.errors import (
    DuplicateParty,
    EvidenceInvalid,
    IdentityMismatch,
    NotReady,
    Rejected,
    Unreachable,
)
from partywire.identity import Evidence
from partywire_inmemory import config_of, network, party_names
from partywire_inmemory.handles import Handle, HandleEvidence, Network, network_named
from partywire_inmemory.verifier import HandleVerifier

if TYPE_CHECKING:
    from partywire_inmemory.pytest_plugin import OpenNetwork


def shown(handle: Handle) -> HandleEvidence:
    return HandleEvidence(handle.party, "here", handle)


async def test_the_fixture_opens_parties_that_are_ready(partywire_network: OpenNetwork) -> None:
    async with partywire_network(3) as parties:
        assert tuple(parties) == party_names(3) == ("p1", "p2", "p3")
        for node in parties.values():
            await node.ready(timeout=0)


async def test_two_networks_have_nothing_to_do_with_each_other() -> None:
    async with network(["alice", "bob"]) as one, network(["alice", "bob"]) as other:
        async with one["alice"].session(1) as here, one["bob"].session(1) as there:
            async with other["alice"].session(1), other["bob"].session(1):
                await here.send("bob", b"of one")
                assert await there.receive("alice") == b"of one"


async def test_two_nodes_of_one_id_are_named() -> None:
    async with network(["alice", "bob"]) as nodes:
        handle = network_named("elsewhere").join("alice")
        config = config_of("alice", ("alice", "bob"), "elsewhere")
        with pytest.raises(DuplicateParty, match="alice: already has a node"):
            async with open_node(config):
                pytest.fail("opened twice")
        handle.network.leave(handle)
        await nodes["alice"].ready(timeout=0)


async def test_a_place_can_be_taken_again_and_an_empty_network_is_forgotten() -> None:
    first = network_named("again").join("alice")
    first.network.leave(first)
    second = network_named("again").join("alice")
    assert second.network is not first.network
    second.network.leave(second)


def test_a_network_belongs_to_one_event_loop() -> None:
    async def make() -> Network:
        return Network("of one loop")

    async def use() -> None:
        found.join("alice")

    found = anyio.run(make)
    with pytest.raises(Rejected, match="another event loop"):
        anyio.run(use)


async def test_a_peer_without_a_node_is_unreachable_and_said_so() -> None:
    with pytest.raises(Unreachable, match="has no node open"):
        Network("empty").find("bob")
    config = config_of("alice", ("alice", "bob"), "lonely")
    async with open_node(config) as node:
        with pytest.raises(NotReady, match="has no node open in network 'lonely', which is seen"):
            await node.ready(timeout=0.01)


async def test_only_the_handle_in_its_place_proves_who() -> None:
    own, foreign = network_named("own"), network_named("foreign")
    alice, bob, stranger = own.join("alice"), own.join("bob"), foreign.join("alice")
    verifier = HandleVerifier("own")
    assert verifier.verify(shown(alice), expected="alice", now=0.0).party == "alice"
    with pytest.raises(IdentityMismatch):
        verifier.verify(shown(bob), expected="alice", now=0.0)
    with pytest.raises(EvidenceInvalid, match="not in its place"):
        verifier.verify(shown(stranger), expected="alice", now=0.0)
    with pytest.raises(EvidenceInvalid, match="not a handle"):
        verifier.verify(Evidence("alice", "here"), expected="alice", now=0.0)
    own.leave(alice)
    with pytest.raises(EvidenceInvalid, match="not in its place"):
        verifier.verify(shown(alice), expected="alice", now=0.0)
    own.leave(bob)
    foreign.leave(stranger)
