"""A party with a good identity and bad intentions, beside two real nodes.

Mallory holds her own place in an in-memory network, and speaks for herself: what she says goes
through the byte codec, so that it is nothing that a wire could not bring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from partywire import Surroundings
from partywire.delivery.codec import decode_batch, decode_receipt, encode_batch, encode_receipt
from partywire.delivery.hello import Hello, HelloAnswer, Welcome
from partywire.delivery.records import (
    Batch,
    Control,
    FlowReceipt,
    Open,
    OpenReceipt,
    Receipt,
    Segment,
    Status,
)
from partywire.identity import Evidence, Identity, Verdict
from partywire.inbox import Dismiss, Guest
from partywire.interfaces import IdentityVerifier
from partywire.judge import judge
from partywire.node.answering import Answering
from partywire.node.counterpart import Counterpart
from partywire.node.introduction import Introduction
from partywire_inmemory.handles import HandleEvidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from partywire.errors import TransportError
    from partywire_inmemory.handles import Network

MALLORY = "mallory"
ROOM = (4096, 1 << 26)
LIFE = b"mallory's life 1"


def believed(batch: Batch) -> Receipt:
    """Answer as one who has everything open and takes everything."""
    return Receipt(
        [OpenReceipt(each.session, Status.ACTIVE) for each in batch.controls if type(each) is Open],
        [
            FlowReceipt(each.session, Status.ACTIVE, each.number + len(each.records), 0, *ROOM)
            for each in batch.segments
        ],
    )


def stays(_: TransportError) -> None:
    """Mallory does not go when she is told to."""


class Trusting(IdentityVerifier):
    """Mallory believes everybody."""

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        return Verdict(expected)


class Ear(Guest):
    """A connection that somebody made to Mallory."""

    def __init__(self, mallory: Mallory, identity: Identity) -> None:
        self.identity = identity
        self._mallory = mallory
        there = Counterpart(identity.party, Evidence(identity.party, "her lair"))
        self._answering = Answering(there, mallory.introduction)

    async def greet(self, hello: Hello) -> HelloAnswer:
        greeting = self._mallory.greeting
        return await self._answering.answer(hello) if greeting is None else greeting(hello)

    def accept_nowait(self, batch: Batch) -> Receipt | None:
        mallory = self._mallory
        mallory.heard.append((self.identity.party, batch))
        if mallory.silent:
            return None
        return decode_receipt(encode_receipt(mallory.answer(batch)))

    async def accept(self, batch: Batch) -> Receipt:
        await anyio.sleep_forever()
        raise AssertionError

    def leave(self) -> None:
        """Mallory does not mind."""


class Voice:
    """A connection that Mallory made to somebody, greeted unless she said otherwise."""

    def __init__(self, mallory: Mallory, guest: Guest, there: bytes = b"") -> None:
        self.guest = guest
        self.there = there
        self._mallory = mallory

    def batch(self, *sent: Control | Segment) -> Batch:
        """Return a batch as it comes out of the wire; control records are those without records."""
        segments = [each for each in sent if isinstance(each, Segment)]
        controls = [each for each in sent if not isinstance(each, Segment)]
        batch = Batch(self._mallory.life, self.there, controls, segments)
        return decode_batch(encode_batch(batch))

    def says(self, *sent: Control | Segment) -> Receipt:
        """Deliver a batch and return the answer."""
        receipt = self.guest.accept_nowait(self.batch(*sent))
        assert receipt is not None
        return receipt


class Mallory:
    """The attacker.

    Attributes:
        answer: what she answers each batch with.
        silent: whether she takes batches and never answers.
        greeting: what she answers hellos with, where she does not keep to them.
        heard: who said what to her, oldest first.
    """

    def __init__(self, network: Network) -> None:
        """Take her place in the network, and take calls there."""
        self.handle = network.join(MALLORY)
        self.handle.inbox = self
        self.network = network
        self.life = LIFE
        self.answer: Callable[[Batch], Receipt] = believed
        self.silent = False
        self.greeting: Callable[[Hello], HelloAnswer] | None = None
        self.heard: list[tuple[str, Batch]] = []

    @property
    def introduction(self) -> Introduction:
        """What she says of herself."""
        return Introduction(MALLORY, self.life, 0.0, bytes, Surroundings(now=lambda: 0.0))

    def arrive(self, evidence: Evidence, dismiss: Dismiss) -> Ear:
        """Let anybody in."""
        return Ear(self, self.judge(evidence, evidence.claimed))

    def judge(self, evidence: Evidence, expected: str) -> Identity:
        """Believe anybody."""
        return judge(evidence, [Trusting()], expected=expected, now=0.0)

    def knocks(self, party: str) -> Guest:
        """Come in at a party's door, and say nothing yet."""
        _, door = self.network.find(party)
        return door.arrive(HandleEvidence(MALLORY, "her lair", self.handle), stays)

    async def calls(self, party: str) -> Voice:
        """Come in at a party's door and go through the hello."""
        guest, introduction = self.knocks(party), self.introduction
        second = await guest.greet(introduction.step(nonce=bytes(16)))
        assert isinstance(second, Hello)
        assert isinstance(await guest.greet(introduction.step(echo=second.nonce)), Welcome)
        return Voice(self, guest, second.incarnation)

    def hang_up(self) -> None:
        """Break every connection that others have to her."""
        for hang_up in list(self.handle.hang_up.values()):
            hang_up()

    def batches(self, party: str) -> list[Batch]:
        """Return what a party has said to her."""
        return [batch for name, batch in self.heard if name == party]

    def was_told(self, session: int, kind: type[Control]) -> bool:
        """Tell whether p1 has sent her a control record of that kind, for that session."""
        said = [control for batch in self.batches("p1") for control in batch.controls]
        return any(type(one) is kind and one.session == session for one in said)
