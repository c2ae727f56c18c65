"""The wire by itself: our transport, and behind it an inbox that answers as the test says."""

from __future__ import annotations

import hashlib
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import attrs
from anyio import to_thread

from partywire.config import load_config
from partywire.delivery.records import Status
from partywire.delivery.tags import Tag
from partywire.interfaces import Transport
from partywire.judge import check_sender
from partywire.node.assembly import opened_verifiers
from partywire.plugins import Plugins
from partywire.testing.door import Arrivals, Caller, Door
from tests.certificates.wallet import Wallet, common_wallet
from tests.loopback import PLAIN, config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from partywire.identity import Evidence
    from partywire.inbox import Dismiss, Guest
    from partywire.interfaces import Judge
    from tests.loopback import Config

PATIENCE = 50.0
OURS, THEIRS, OTHER = "p1", "p2", "p3"
"""A node of ours; one that is not ours, on the reference wire; and another node of ours."""


@attrs.frozen
class Taken:
    """A value that came, without the value."""

    tag: Tag
    size: int
    digest: str


class Counter(Door):
    """An inbox whose guests take single messages.

    Attributes:
        answers: to the next messages; ACTIVE after those. What is raised is an answer too.
        held: while it is not set, no message is answered,
        free: but for those of these sessions.
        taken: what has come.
        checks: who has asked for health.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.answers: deque[Status | Exception] = deque()
        self.held = anyio.Event()
        self.held.set()
        self.free: set[int] = set()
        self.taken: Arrivals[Taken] = Arrivals()
        self.checks: Arrivals[str] = Arrivals()
        self.guests: Arrivals[Visitor] = Arrivals()

    def arrive(self, evidence: Evidence, dismiss: Dismiss) -> Guest:
        guest = Visitor(super().arrive(evidence, dismiss).identity, self, dismiss)
        self.guests.add(guest)
        return guest


@attrs.define(eq=False)
class Visitor(Caller):
    """One connection of a caller."""

    @property
    def counter(self) -> Counter:
        assert isinstance(self.door, Counter)
        return self.door

    async def take(self, tag: Tag, payload: bytes) -> Status:
        check_sender(self.identity, tag.sender)
        digest = hashlib.sha256(payload).hexdigest()
        self.counter.taken.add(Taken(tag, len(payload), digest))
        if tag.session not in self.counter.free:
            await self.counter.held.wait()
        answer = self.counter.answers.popleft() if self.counter.answers else Status.ACTIVE
        if isinstance(answer, Exception):
            raise answer
        return answer

    def checked(self, sender: str) -> None:
        check_sender(self.identity, sender)
        self.counter.checks.add(sender)


@attrs.frozen
class Ground:
    """Our end of the wire, open and serving."""

    transport: Transport
    counter: Counter

    def judge(self, peer: str) -> Judge:
        """What judges a peer as a node does."""
        return lambda evidence: self.counter.judge(evidence, peer)


@attrs.frozen
class Ports:
    """Where everybody is: our two listeners, and the others."""

    fast: int
    reference: int
    theirs: int
    other: int


@attrs.frozen
class Place:
    """A deployment of one node of ours, one that is not, and another of ours; over TLS or not."""

    ports: Ports
    wallet: Wallet | None

    def config(self, **limits: object) -> Config:
        """Our config."""
        dialled = {THEIRS: self.ports.theirs, OTHER: self.ports.other}
        config = config_of(OURS, self.ports.fast, dialled, self.wallet or PLAIN, limits=limits)
        config["transport"]["reference_listen"] = f"127.0.0.1:{self.ports.reference}"
        config["peer"][0]["wire"] = "reference"
        return config

    def opened(self, **limits: object) -> AbstractAsyncContextManager[Ground]:
        """Open our end, and serve."""
        return opened(self.config(**limits))


@asynccontextmanager
async def opened(content: Config) -> AsyncIterator[Ground]:
    """Open the transport of a config, and serve."""
    config = await to_thread.run_sync(load_config, content, Plugins())
    setting = config.setting(config.transport)
    async with config.transport.descriptor.open(setting) as transport:
        verifiers = await to_thread.run_sync(opened_verifiers, config)
        counter = Counter(config.peers, verifiers.all)
        async with anyio.create_task_group() as group:
            await group.start(_serve, transport, counter)
            yield Ground(transport, counter)
            group.cancel_scope.cancel()


async def _serve(transport: Transport, counter: Counter, *, task_status: Any) -> None:
    await transport.serve(counter, task_status=task_status)


def place(*, tls: bool) -> Place:
    """A place that nobody else uses."""
    return Place(Ports(*free_ports(4)), common_wallet(OURS, THEIRS, OTHER) if tls else None)
