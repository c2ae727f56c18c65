"""The core's side of a transport, as tests need it: it judges as a node does, and remembers."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

import anyio
import attrs

from partywire.delivery.codec import encode_batch
from partywire.delivery.hello import Hello, HelloAnswer
from partywire.delivery.records import Batch, Receipt, Status
from partywire.delivery.tags import Tag
from partywire.errors import IdentityMismatch, Rejected, outside_text
from partywire.identity import Evidence, Identity
from partywire.inbox import Dismiss, Guest, Inbox
from partywire.interfaces import IdentityVerifier
from partywire.judge import check_sender, judge
from partywire.testing import samples

T = TypeVar("T")


class Arrivals(Generic[T]):
    """What has come so far, in order, and a way to wait for more."""

    def __init__(self) -> None:
        """Nothing has come."""
        self.all: list[T] = []
        self._news = anyio.Event()

    def __len__(self) -> int:
        """Return how many have come."""
        return len(self.all)

    def add(self, item: T) -> None:
        """Take one."""
        self.all.append(item)
        self._news.set()
        self._news = anyio.Event()

    async def wait_for(self, count: int) -> list[T]:
        """Wait until that many have come, and return all."""
        while len(self.all) < count:
            await self._news.wait()
        return self.all

    async def wait_until(self, holds: Callable[[T], bool]) -> T:
        """Wait for the first one of which that holds, and return it."""
        seen = 0
        while True:
            for item in self.all[seen:]:
                if holds(item):
                    return item
            seen = len(self.all)
            await self._news.wait()


class Door(Inbox):
    """An inbox that lets in who proves to be of the roster, and keeps what they brought.

    Attributes:
        arrived: the evidence of each caller, whether it was let in or not.
        callers: who was let in.
        refused: parties that are refused although they prove who they are.
        rejected: numbers of batches whose guest raises `Rejected`.
        answer: makes the receipt for a batch.
        say: answers a message that came alone; ACTIVE, where no test says otherwise.
    """

    def __init__(self, roster: Iterable[str], verifiers: Sequence[IdentityVerifier]) -> None:
        """Let in ``roster``."""
        self.roster: frozenset[str] = frozenset(roster)
        self.arrived: Arrivals[Evidence] = Arrivals()
        self.callers: Arrivals[Caller] = Arrivals()
        self.refused: set[str] = set()
        self.rejected: set[int] = set()
        self.answer: Callable[[Batch], Receipt] = samples.receipt_of
        self.say: Callable[[Tag], Awaitable[Status]] = _active
        self._verifiers = verifiers
        self._stalled: dict[str, anyio.Event] = {}

    def arrive(self, evidence: Evidence, dismiss: Dismiss) -> Guest:
        """Judge a caller."""
        self.arrived.add(evidence)
        claimed = evidence.claimed
        if claimed not in self.roster or claimed in self.refused:
            raise IdentityMismatch(outside_text(claimed), "not let in by this test")
        caller = Caller(self.judge(evidence, claimed), self, dismiss)
        self.callers.add(caller)
        return caller

    def judge(self, evidence: Evidence, expected: str) -> Identity:
        """Judge evidence as a node does."""
        return judge(evidence, self._verifiers, expected=expected, now=time.time())

    def stall(self, party: str) -> None:
        """Let what comes from that party wait for `resume`."""
        self._stalled[party] = anyio.Event()

    def resume(self, party: str) -> None:
        """Let what waits go on."""
        self._stalled.pop(party).set()

    def stalled(self, party: str) -> anyio.Event | None:
        """Return what to wait for before something of that party is taken, if anything."""
        return self._stalled.get(party)

    async def caller(self, party: str) -> "Caller":
        """Wait for the first caller that is that party."""
        return await self.callers.wait_until(lambda caller: caller.identity.party == party)


@attrs.define(eq=False)
class Caller(Guest):
    """One accepted connection.

    Attributes:
        dismiss: ends the connection.
        greeted: the steps of the hello that came.
        taken: the batches that were taken, as bytes.
        numbers: their numbers, in the same order; -1 for a batch that has none.
        messages: those that came alone.
        checks: as whom it asked whether anybody is here.
        left: whether the connection has ended.
    """

    identity: Identity
    door: Door
    dismiss: Dismiss
    greeted: list[Hello] = attrs.field(factory=list)
    taken: list[bytes] = attrs.field(factory=list)
    numbers: Arrivals[int] = attrs.field(factory=Arrivals)
    messages: Arrivals[tuple[Tag, bytes]] = attrs.field(factory=Arrivals)
    checks: Arrivals[str] = attrs.field(factory=Arrivals)
    left: anyio.Event = attrs.field(factory=anyio.Event)

    async def greet(self, hello: Hello) -> HelloAnswer:
        """Answer the first step by the second, and the third by the end."""
        self.greeted.append(hello)
        if hello.echo:
            return samples.END
        return attrs.evolve(samples.SECOND_STEP, echo=hello.nonce)

    def accept_nowait(self, batch: Batch) -> Receipt | None:
        """Take a batch, unless its party has to wait."""
        return None if self.door.stalled(self.identity.party) else self._take(batch)

    async def accept(self, batch: Batch) -> Receipt:
        """Take a batch once its party may go on."""
        while (stalled := self.door.stalled(self.identity.party)) is not None:
            await stalled.wait()
        return self._take(batch)

    async def take(self, tag: Tag, payload: bytes) -> Status:
        """Take a message that came alone, and answer as the test says."""
        check_sender(self.identity, tag.sender)
        self.messages.add((tag, payload))
        return await self.door.say(tag)

    def checked(self, sender: str) -> None:
        """The peer asks whether anybody is here."""
        check_sender(self.identity, sender)
        self.checks.add(sender)

    def leave(self) -> None:
        """The connection ended."""
        self.left.set()

    def _take(self, batch: Batch) -> Receipt:
        number = samples.number_of(batch) if batch.segments else -1
        if number in self.door.rejected:
            raise Rejected(self.identity.party, "a batch that this test rejects")
        self.taken.append(encode_batch(batch))
        self.numbers.add(number)
        return self.door.answer(batch)

    async def took(self, number: int) -> list[int]:
        """Wait until the batch of that number was taken, and return the numbers of all."""
        await self.numbers.wait_until(lambda taken: taken == number)
        return list(self.numbers.all)


async def _active(_: Tag) -> Status:
    return Status.ACTIVE
