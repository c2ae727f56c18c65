"""One real node, and a Bob whose connections do what the test says."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio
import attrs
from anyio.lowlevel import checkpoint

from partywire import Node, Surroundings, open_node
from partywire.delivery.hello import NONCE, Hello, HelloAnswer, Welcome
from partywire.delivery.records import Batch, FlowReceipt, Open, OpenReceipt, Receipt, Status
from partywire.errors import EvidenceInvalid, TransportError, Undelivered, Unreachable
from partywire.hookspecs import TransportDescriptor, hookimpl
from partywire.identity import WHO, Evidence, Verdict
from partywire.interfaces import Answered, Channel, IdentityVerifier, Judge, Transport
from partywire.judge import judge as core_judge
from partywire.node.answering import Answering
from partywire.node.counterpart import Counterpart
from partywire.node.introduction import Introduction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from anyio.abc import TaskStatus

    from partywire.hookspecs import Setting
    from partywire.identity import Identity
    from partywire.inbox import Guest, Inbox

ROOM = (4096, 1 << 26)


class Connection(Channel):
    """One connection to Bob; batches and their callbacks are kept for the test."""

    def __init__(self, identity: Identity, bob: Bob) -> None:
        self.identity = identity
        self.bob = bob
        self.answering = Answering(
            Counterpart("alice", Evidence("alice", "stage")), bob.introduction()
        )
        self.hellos = 0
        self.taken: list[tuple[Batch, Answered]] = []
        self.answered = 0
        self.closed = False

    async def greet(self, hello: Hello) -> HelloAnswer:
        self.hellos += 1
        await self.bob.may_greet.wait()
        answer = await self.answering.answer(hello)
        if self.bob.proves and isinstance(answer, Welcome):
            return attrs.evolve(answer, proof=b"of bob")
        return answer

    async def deliver(self, batch: Batch, answered: Answered) -> None:
        await self.bob.may_deliver.wait()
        self.taken.append((batch, answered))

    def deliver_nowait(self, batch: Batch, answered: Answered) -> bool:
        if not self.bob.may_deliver.is_set():
            return False
        self.taken.append((batch, answered))
        return True

    async def broken(self) -> TransportError:
        await anyio.sleep_forever()
        raise AssertionError

    def answer(self, place: int = 0) -> None:
        """Answer a batch as one who has everything open and takes everything."""
        batch, answered = self.taken[place]
        answered(accepted(batch))

    def answer_all(self) -> None:
        """Answer each batch that has not been answered by this, in the same way."""
        while self.answered < len(self.taken):
            self.answer(self.answered)
            self.answered += 1


def accepted(batch: Batch) -> Receipt:
    return Receipt(
        [OpenReceipt(c.session, Status.ACTIVE) for c in batch.controls if isinstance(c, Open)],
        [
            FlowReceipt(each.session, Status.ACTIVE, each.number + len(each.records), 0, *ROOM)
            for each in batch.segments
        ],
    )


class Bob(Transport, IdentityVerifier):
    """The transport of Alice's node, which leads to Bob and nowhere else, and its verifier."""

    def __init__(self) -> None:
        self.life = b"b" * NONCE
        self.wall = 100.0
        self.now: Callable[[], float] | None = None
        self.valid_until: float | None = None
        self.claims: dict[str, str] = {}
        self.refuses = False
        self.proves = False
        self.roster = b""
        self.named: str | None = None
        self.reachable = True
        self.tries = 0
        self.connections: list[Connection] = []
        self.inbox: Inbox | None = None
        self.dismissed: list[TransportError] = []
        self.may_greet, self.may_deliver = anyio.Event(), anyio.Event()
        self.may_greet.set()
        self.may_deliver.set()

    def introduction(self) -> Introduction:
        return Introduction(
            "bob", self.life, 0.0, lambda: self.roster, Surroundings(now=lambda: 0.0)
        )

    @hookimpl
    def register_transports(self) -> Sequence[TransportDescriptor]:
        return [
            TransportDescriptor("bob", self.open, verifier=lambda _: self, proves=frozenset({WHO}))
        ]

    @asynccontextmanager
    async def open(self, _: Setting) -> AsyncIterator[Transport]:
        yield self

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        if self.refuses:
            raise EvidenceInvalid(expected, "refused on stage")
        return Verdict(expected, self.valid_until, self.claims)

    def challenges(self, party: str) -> bool:
        return self.proves

    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        self.inbox = inbox
        task_status.started()
        await anyio.sleep_forever()

    @asynccontextmanager
    async def connect(self, peer: str, judge: Judge) -> AsyncIterator[Channel]:
        self.tries += 1
        await checkpoint()
        if not self.reachable:
            raise Unreachable(peer, "nobody is there")
        identity = judge(Evidence(peer, "stage"))
        if self.named is not None:
            identity = judge_as(self.named)
        connection = Connection(identity, self)
        self.connections.append(connection)
        try:
            yield connection
        finally:
            connection.closed = True

    def knocks(self) -> Guest:
        """Bob dials Alice, and says nothing yet."""
        assert self.inbox is not None
        return self.inbox.arrive(Evidence("bob", "stage"), self.dismissed.append)

    async def calls(self) -> Guest:
        """Bob dials Alice, and goes through the hello."""
        guest = self.knocks()
        introduction = self.introduction()
        second = await guest.greet(introduction.step(nonce=bytes(NONCE)))
        assert isinstance(second, Hello)
        await guest.greet(introduction.step(echo=second.nonce))
        return guest

    @property
    def line(self) -> Connection:
        """The newest connection."""
        return self.connections[-1]


def judge_as(party: str) -> Identity:
    """Return the identity of somebody else, who is good too."""
    return core_judge(Evidence(party, "stage"), [Bob()], expected=party, now=0.0)


@attrs.define
class Stage:
    """What a test has in hand."""

    alice: Node
    bob: Bob

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the node go on until something holds."""
        while not condition():
            await checkpoint()


@asynccontextmanager
async def stage(bob: Bob | None = None, **limits: object) -> AsyncIterator[Stage]:
    """Open Alice's node; everything in the block is bounded."""
    bob = bob or Bob()
    config = {
        "party": {"id": "alice"},
        "transport": {"plugin": "bob"},
        "peer": [{"id": "bob"}],
        "session": {"timing": "asynchronous"},
        "limits": {"shutdown_grace": "1ms", "retry_first": "1ms", **limits},
    }
    surroundings = Surroundings(now=bob.now, wall=lambda: bob.wall)
    with anyio.fail_after(20.0), suppress(Undelivered):
        async with open_node(config, plugins=[bob], surroundings=surroundings) as alice:
            yield Stage(alice, bob)
