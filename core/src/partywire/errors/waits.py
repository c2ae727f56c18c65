"""Waits that ended without what they waited for. The session goes on."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from partywire.errors.base import PartywireError, error, session_text


class WaitError(PartywireError):
    """A wait ended without what it waited for."""


@error
class RoundTimeout(WaitError):
    """The deadline of a round passed; it concerns one call. ``heard`` tells of the peer's link."""

    session: int
    party: str
    slot: int
    seconds: float
    heard: str
    said: ClassVar[str] = (
        "session {session}: waited {seconds} s for {party}, {slot}, until the deadline; {heard}"
    )


@error
class MailboxOverflow(WaitError):
    """The mailbox is full of labels that nobody reads, and the awaited one cannot come in."""

    session: int
    party: str
    slot: int
    said: ClassVar[str] = (
        "session {session}: the mailbox of {party} is full and does not hold {slot}; "
        "receive what is there, or raise limits.label_overdraft"
    )


@error
class TooFewAnswers(WaitError):
    """Fewer than ``wanted`` peers answered; each other one's failure stands by its name."""

    session: int
    wanted: int
    failures: Mapping[str, PartywireError]
    said: ClassVar[str] = "session {session}: fewer than {wanted} answers ({failures})"


@error
class NotReady(WaitError):
    """Not every peer was reached and verified in both directions; why, by party."""

    missing: Mapping[str, str]
    said: ClassVar[str] = "not ready: {missing}. `partywire doctor CONFIG` says what is in the way"


@error
class FlushTimeout(WaitError):
    """Some messages are not in an opened mailbox yet; how many, by party."""

    session: int
    pending: Mapping[str, int]
    said: ClassVar[str] = "session {session}: messages not delivered yet: {pending}"


@error
class Deadlock(WaitError):
    """A simulation cannot go on; ``why``, and by party what its sessions wait for."""

    why: str
    seconds: float
    waits: Mapping[str, Sequence[str]]

    def __str__(self) -> str:
        """Return why, and then a line for each wait."""
        head = f"deadlock after {self.seconds:.1f} virtual seconds: {self.why}"
        lines = [f"  {who}: {what}" for who, whats in self.waits.items() for what in whats]
        return "\n".join([head, *lines])


@error
class Undelivered(WaitError):
    """Messages were left when lingering or the node's shutdown grace ended.

    Attributes:
        left: (session, party, number of messages) of each pair that had some.
    """

    left: Sequence[tuple[int, str, int]]

    def __str__(self) -> str:
        """Return session, party and number of messages of each."""
        return "left undelivered: " + "; ".join(
            f"{count} messages of session {session_text(session)} to {party}"
            for session, party, count in self.left
        )
