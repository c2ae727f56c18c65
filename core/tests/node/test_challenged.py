"""Peers that have to prove themselves, on a wire of single calls: refused where it is noticed."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from core.tests.node.lane import Lane, LaneTransport, on_lane
from partywire import open_node
from partywire.delivery.tags import Tag
from partywire.errors import ConfigInvalid, NotReady, Rejected
from partywire.identity import Evidence
from partywire.node.counterpart import NO_HELLO

WORDS = f"the wire of bob: it {NO_HELLO}"


class Challenging(LaneTransport):
    """Its verifier challenges whom the test says."""

    def __init__(self, lane: Lane, singly: frozenset[str]) -> None:
        super().__init__(lane, singly)
        self.challenged: set[str] = set()

    def challenges(self, party: str) -> bool:
        return party in self.challenged


@pytest.fixture
def alice() -> Challenging:
    return Challenging(Lane(), frozenset({"bob"}))


def only_bob() -> dict[str, Any]:
    return {**on_lane("alice", frozenset()), "peer": [{"id": "bob"}]}


async def test_it_is_a_mistake_of_the_config_when_the_node_opens(alice: Challenging) -> None:
    alice.challenged = {"bob"}
    with pytest.raises(ConfigInvalid) as caught:
        async with open_node(only_bob(), plugins=[alice]):
            pytest.fail("opened")
    assert WORDS in str(caught.value)


async def test_it_is_a_mistake_of_the_config_at_a_reload(alice: Challenging) -> None:
    async with open_node(only_bob(), plugins=[alice]) as node:
        alice.challenged = {"bob"}
        with pytest.raises(ConfigInvalid) as caught:
            await node.reload(only_bob())
        assert WORDS in str(caught.value)


async def test_its_calls_are_refused_at_the_desk(alice: Challenging) -> None:
    async with open_node(only_bob(), plugins=[alice]):
        alice.challenged = {"bob"}
        bob = alice.lane.inboxes["alice"].arrive(Evidence("bob", "lane"), lambda _: None)
        with pytest.raises(Rejected, match=f"bob: {NO_HELLO}"):
            bob.checked("bob")
        with pytest.raises(Rejected, match=f"bob: {NO_HELLO}"):
            await bob.take(Tag(1, "bob", 0), b"alone")


async def test_nothing_is_sent_to_it(alice: Challenging) -> None:
    """Where it was not noticed before, as of a peer that has just come into the roster."""
    bob = LaneTransport(alice.lane, frozenset({"alice"}))
    with anyio.fail_after(10):
        async with (
            open_node(on_lane("bob", frozenset()), plugins=[bob]),
            open_node(only_bob(), plugins=[alice]) as node,
        ):
            alice.challenged = {"bob"}
            while NO_HELLO not in str(node._engine.missing(["bob"])):
                with pytest.raises(NotReady):
                    await node.ready(timeout=0)
                await anyio.lowlevel.checkpoint()
            assert not alice.lane.checks
            assert not alice.lane.calls
