"""The router that writes down what passes: it keeps the contract, and finds who says two things."""

from __future__ import annotations

from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import anyio

from examples.transcript import Entry, TranscriptRouter, Transcripts
from partywire import open_node
from partywire.delivery.records import CHUNK
from partywire.testing import PluginContract, RouterContract
from partywire_inmemory import config_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from partywire import Node
    from partywire.interfaces import SessionRouter

KEY = b"agreed among the parties"
NAMES = ("alice", "bob", "carol")


class TestRouter(RouterContract):
    @asynccontextmanager
    async def router(self, local: SessionRouter) -> AsyncIterator[SessionRouter]:
        yield TranscriptRouter(local, lambda _entry: None, KEY)


class TestPlugin(PluginContract):
    plugin = Transcripts(lambda _entry: None, KEY)
    kind = "router"
    name = "transcript"
    distribution = None

    def config(self) -> Mapping[str, Any]:
        return {**config_of("alice", NAMES, "of the plugin"), "router": {"plugin": "transcript"}}


def digest(payload: bytes) -> bytes:
    return blake2b(payload, key=KEY, digest_size=32).digest()


@asynccontextmanager
async def written_down(name: str) -> AsyncIterator[tuple[dict[str, Node], dict[str, list[Entry]]]]:
    """Open a node for each party, ready, and give what each of them writes down."""
    written: dict[str, list[Entry]] = {party: [] for party in NAMES}
    nodes = {}
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            stop = anyio.Event()
            for party in NAMES:
                config = {**config_of(party, NAMES, name), "router": {"plugin": "transcript"}}
                opened = open_node(config, plugins=[Transcripts(written[party].append, KEY)])
                nodes[party] = await group.start(_hold, opened, stop)
            for node in nodes.values():
                await node.ready()
            yield nodes, written
            stop.set()


async def _hold(opened: Any, stop: anyio.Event, *, task_status: Any) -> None:
    async with opened as node:
        task_status.started(node)
        await stop.wait()


async def test_each_message_is_written_down_once_without_its_payload() -> None:
    payloads = [b"", b"a share", bytes(2 * CHUNK + 5)]
    async with written_down("once") as (nodes, written):
        async with nodes["alice"].session(1) as here, nodes["bob"].session(1) as there:
            for payload in payloads:
                await here.send("bob", payload)
                assert await there.receive("alice") == payload
                here.next_round()
                there.next_round()
    assert written["bob"] == [
        Entry(1, "alice", slot, len(payload), digest(payload))
        for slot, payload in enumerate(payloads)
    ]


async def test_what_came_before_the_session_was_open_is_written_down_once() -> None:
    async with written_down("early") as (nodes, written):
        async with nodes["alice"].session(1) as here:
            await here.send("bob", b"early")
            while not written["bob"]:
                await anyio.lowlevel.checkpoint()
            async with nodes["bob"].session(1) as there:
                here.next_round()
                await here.send("bob", b"late")
                assert await there.receive("alice") == b"early"
                there.next_round()
                assert await there.receive("alice") == b"late"
    assert [entry.size for entry in written["bob"]] == [5, 4]


async def test_transcripts_tell_who_says_different_things() -> None:
    async with written_down("compared") as (nodes, written):
        async with (
            nodes["alice"].session(1) as alice,
            nodes["bob"].session(1) as bob,
            nodes["carol"].session(1) as carol,
        ):
            await alice.send_to_all(b"the same for all")
            await carol.send("alice", b"this for alice")
            await carol.send("bob", b"that for bob")
            for session, peers in ((alice, ["carol"]), (bob, ["alice", "carol"])):
                for peer in peers:
                    await session.receive(peer)
            await carol.receive("alice")
    assert differing(written, "alice") == []
    assert differing(written, "carol") == [(1, 0)]


def differing(written: Mapping[str, Sequence[Entry]], sender: str) -> list[tuple[int, int]]:
    """Return where that sender's messages are not the same in all transcripts."""
    seen: dict[tuple[int, int], set[bytes]] = {}
    for entries in written.values():
        for entry in entries:
            if entry.sender == sender:
                seen.setdefault((entry.session, entry.slot), set()).add(entry.digest)
    return [place for place, digests in seen.items() if len(digests) > 1]
