"""What the core hands to a transport: an `Inbox`, and a `Guest` for each caller."""

from collections.abc import Callable
from typing import Protocol

from partywire.delivery.hello import Hello, HelloAnswer
from partywire.delivery.records import Batch, Receipt, Status
from partywire.delivery.tags import Tag
from partywire.errors import Rejected, TransportError
from partywire.identity import Evidence, Identity

Dismiss = Callable[[TransportError], None]


class Guest(Protocol):
    """The core's side of one accepted connection: of batches, or of single calls."""

    identity: Identity

    async def greet(self, hello: Hello) -> HelloAnswer:
        """Answer a step of the hello, one at a time; batches are taken after the last one.

        It may have to wait, and is bounded by `limits.deliver_timeout` then. Nothing else of the
        connection is handed in meanwhile. Raises `Rejected`: end the connection.
        """

    def accept_nowait(self, batch: Batch) -> Receipt | None:
        """Take a batch without waiting, or return None where the router has to be awaited."""

    async def accept(self, batch: Batch) -> Receipt:
        """Take a batch, one at a time for each peer. Raises `Rejected`: end the connection."""

    async def take(self, tag: Tag, payload: bytes) -> Status:
        """Take a message that came alone, as on the reference wire, and return what to answer.

        ACTIVE, INACTIVE (it is kept for a session that is not open here), COMPLETED, NOT_MEMBER,
        TOO_LARGE, QUOTA (too much is kept already), or FULL, after it had no room for
        `limits.room_timeout`. A cancelled call has taken nothing, with the built-in router. Raises
        `IdentityMismatch`: the sender in the tag is another, or `Rejected`: this peer is not on
        that wire, or may not call now.
        """
        raise Rejected(self.identity.party, "a single message on a connection of batches")

    def checked(self, sender: str) -> None:
        """The peer asks, as ``sender``, whether anybody is here. Raises what `take` does."""
        raise Rejected(self.identity.party, "a single call on a connection of batches")

    def leave(self) -> None:
        """The connection ended; called once it has, by whatever, a dismissal too."""


class Inbox(Protocol):
    """What a transport serves: it hands in evidence of each connection, and gets a guest."""

    def arrive(self, evidence: Evidence, dismiss: Dismiss) -> Guest:
        """Judge a caller. Raises `IdentityError`, and nothing of the connection may be read on.

        ``dismiss`` ends the connection: the core calls it once, later, when the guest has to go.
        """

    def judge(self, evidence: Evidence, expected: str) -> Identity:
        """Judge what a party may show as a caller, before it does. Raises `IdentityError`."""
