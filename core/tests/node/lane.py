"""Two real nodes or three, joined by a wire of single calls, which does what the test says."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import attrs
from anyio.lowlevel import checkpoint

from partywire import Node, open_node
from partywire.delivery.tags import Tag
from partywire.errors import Rejected, TransportError, Unreachable
from partywire.hookspecs import TransportDescriptor, hookimpl
from partywire.identity import WHO, Evidence, Verdict
from partywire.inbox import Inbox
from partywire.interfaces import Channel, IdentityVerifier, Judge, Transport, UnaryChannel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from anyio.abc import TaskStatus

    from partywire.delivery.hello import Hello, HelloAnswer
    from partywire.delivery.records import Batch, Receipt, Status
    from partywire.hookspecs import Setting
    from partywire.identity import Identity
    from partywire.inbox import Guest
    from partywire.interfaces import Answered


@attrs.define(eq=False)
class Lane:
    """The wire between all nodes of a test.

    Attributes:
        inboxes: who serves.
        closed: pairs (from, to) between which nothing goes.
        lost: pairs whose next answers are lost, once each.
        refused: what is raised to whoever calls these.
        calls: every call that arrived: from, to, and its tag.
        checks: every check that arrived: from, to.
        held: what calls wait for once they have arrived, where that is given.
        dismissed: why callers were sent away.
    """

    inboxes: dict[str, Inbox] = attrs.field(factory=dict)
    closed: set[tuple[str, str]] = attrs.field(factory=set)
    lost: list[tuple[str, str]] = attrs.field(factory=list)
    refused: dict[str, TransportError] = attrs.field(factory=dict)
    calls: list[tuple[str, str, Tag]] = attrs.field(factory=list)
    checks: list[tuple[str, str]] = attrs.field(factory=list)
    held: anyio.Event | None = None
    dismissed: list[TransportError] = attrs.field(factory=list)
    broken: dict[tuple[str, str], anyio.Event] = attrs.field(factory=dict)

    def cut(self, one: str, other: str) -> None:
        """Break what stands from one to the other, and let nothing through."""
        self.closed.add((one, other))
        self.broken.pop((one, other), anyio.Event()).set()


class LaneChannel(UnaryChannel):
    """One connection; the guest over there is made at its first call."""

    def __init__(self, lane: Lane, here: str, there: str, identity: Identity) -> None:
        self.identity = identity
        self._lane, self._way = lane, (here, there)
        self._guest: Guest | None = None
        self._over = lane.broken.setdefault(self._way, anyio.Event())

    async def send(self, tag: Tag, payload: bytes) -> Status:
        guest = await self._arrived()
        self._lane.calls.append((*self._way, tag))
        if self._way[1] in self._lane.refused:
            raise self._lane.refused[self._way[1]]
        if self._lane.held is not None:
            await self._lane.held.wait()
        status = await guest.take(tag, payload)
        if self._way in self._lane.lost:
            self._lane.lost.remove(self._way)
            raise Unreachable(self._way[1], "UNAVAILABLE")
        return status

    async def check(self, payload: bytes = b"") -> None:
        (await self._arrived()).checked(self._way[0])
        self._lane.checks.append(self._way)

    async def broken(self) -> TransportError:
        await self._over.wait()
        return Unreachable(self._way[1], "the lane was cut")

    def leave(self) -> None:
        if self._guest is not None:
            self._guest.leave()

    async def _arrived(self) -> Guest:
        await checkpoint()
        if self._way in self._lane.closed:
            raise Unreachable(self._way[1], "the lane is closed")
        if self._guest is None:
            inbox = self._lane.inboxes[self._way[1]]
            self._guest = inbox.arrive(Evidence(self._way[0], "lane"), self._lane.dismissed.append)
        return self._guest


class Fast(Channel):
    """A connection for batches, straight to the guest."""

    def __init__(self, guest: Guest, identity: Identity) -> None:
        self.identity = identity
        self.guest = guest

    async def greet(self, hello: Hello) -> HelloAnswer:
        return await self.guest.greet(hello)

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        receipt: Receipt = await self.guest.accept(batch)
        answered(receipt)

    async def broken(self) -> TransportError:
        await anyio.sleep_forever()
        raise AssertionError


class LaneTransport(Transport, IdentityVerifier):
    """One node's end of the lane; ``singly`` are its peers there, the others get batches."""

    def __init__(self, lane: Lane, singly: frozenset[str]) -> None:
        self.lane, self.singly = lane, singly
        self.valid_until: float | None = None
        self.party = ""

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        verifier = TransportDescriptor(
            "lane", self.open, verifier=lambda _: self, proves=frozenset({WHO})
        )
        return [verifier]

    @asynccontextmanager
    async def open(self, setting: Setting) -> AsyncIterator[Transport]:
        self.party = setting.party
        yield self

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        return Verdict(expected, self.valid_until)

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        self.lane.inboxes[self.party] = inbox
        task_status.started()
        try:
            await anyio.sleep_forever()
        finally:
            del self.lane.inboxes[self.party]

    def unary(self, peer: str) -> bool:
        return peer in self.singly

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        inbox = self._inbox(peer)
        identity = judge(Evidence(peer, "lane"))
        guest = inbox.arrive(Evidence(self.party, "lane"), self.lane.dismissed.append)
        try:
            yield Fast(guest, identity)
        finally:
            guest.leave()

    @asynccontextmanager
    async def call(self, peer: str, judge: Judge) -> AsyncIterator[UnaryChannel]:
        self._inbox(peer)
        channel = LaneChannel(self.lane, self.party, peer, judge(Evidence(peer, "lane")))
        try:
            yield channel
        finally:
            channel.leave()

    def _inbox(self, peer: str) -> Inbox:
        if peer not in self.lane.inboxes or (self.party, peer) in self.lane.closed:
            raise Unreachable(peer, "nobody is there")
        return self.lane.inboxes[peer]


PARTIES = ("alice", "bob", "carol")


def on_lane(party: str, singly: frozenset[str], **limits: object) -> dict[str, object]:
    """Return the config of a party."""
    return {
        "party": {"id": party},
        "transport": {"plugin": "lane"},
        "peer": [{"id": other} for other in PARTIES if other != party],
        "session": {"timing": "asynchronous"},
        "limits": {"shutdown_grace": "1s", "retry_first": "1ms", "retry_longest": "10ms", **limits},
    }


@asynccontextmanager
async def lanes(
    singly: dict[str, frozenset[str]], lane: Lane | None = None, **limits: object
) -> AsyncIterator[dict[str, Node]]:
    """Open a node for each party; ``singly`` says whom each of them writes to by single calls."""
    lane = lane or Lane()
    with anyio.fail_after(30.0):
        async with AsyncExitStack() as stack:
            yield {
                party: await stack.enter_async_context(
                    open_node(on_lane(party, peers, **limits), plugins=[LaneTransport(lane, peers)])
                )
                for party, peers in singly.items()
            }


def rejected(party: str) -> Rejected:
    """What a peer says that refuses a message for good."""
    return Rejected(party, "UNAUTHENTICATED: wrong sender")
