"""For the caller: bugs of the program that uses a session. Nothing was sent or lost."""

from collections.abc import Sequence
from typing import ClassVar

from partywire.errors.base import PartywireError, error


class UsageError(PartywireError):
    """The calling program made a mistake."""


@error
class NodeClosed(UsageError):
    """The node is closed or closing."""

    party: str
    said: ClassVar[str] = "the node of {party} is closed"


@error
class SessionClosed(UsageError):
    """The session was left, or was not entered yet."""

    session: int
    said: ClassVar[str] = (
        "session {session} is closed; it is open inside its 'async with' block only"
    )


@error
class SessionIdInvalid(UsageError):
    """What was given is no session id."""

    problem: str
    said: ClassVar[str] = (
        "{problem}; a session id is an int of 128 bits, 16 bytes, or text with an attempt"
    )


@error
class SessionIdReused(UsageError):
    """The id was used before on this node; ``ending`` says how that use ended."""

    session: int
    ending: str
    said: ClassVar[str] = (
        "session {session} was used before ({ending}); derive a new id from text and attempt"
    )


@error
class LabelsNotCarried(UsageError):
    """A labelled session cannot have a peer that is on the reference wire."""

    session: int
    party: str
    said: ClassVar[str] = (
        "session {session} has labels, and {party} is on the reference wire, which carries rounds "
        "only; open it without labels, or without that party"
    )


@error
class OptionInvalid(UsageError):
    """An option of a session or call has no such value; ``allowed`` says what it may be."""

    option: str
    allowed: str
    said: ClassVar[str] = "{option} has to be {allowed}"


@error
class NotInRoster(UsageError):
    """The config of this node has no such party."""

    party: str
    said: ClassVar[str] = "{party!r} is not in the roster; add a [[peer]] table to the config"


@error
class NotInSession(UsageError):
    """The session has no such peer."""

    session: int
    party: str
    peers: Sequence[str]
    said: ClassVar[str] = "{party!r} is no peer in session {session}; its peers: {peers}"


@error
class LabelsNotEnabled(UsageError):
    """A label was used in a session that was opened without them."""

    session: int
    said: ClassVar[str] = "session {session} has no labels; every party opens it with labels=True"


@error
class LabelInvalid(UsageError):
    """A label is an int from 0 to 2**64 - 1."""

    kind: str
    said: ClassVar[str] = "a label is an int from 0 to 2**64 - 1, not {kind}"


@error
class RoundUsed(UsageError):
    """A second message to one peer in one round."""

    session: int
    party: str
    slot: int
    said: ClassVar[str] = (
        "session {session}: {slot} already has a message to {party}; "
        "call next_round() first, or use labels"
    )


@error
class ReceiveConflict(UsageError):
    """Two receives wait for one slot of one peer."""

    session: int
    party: str
    slot: int
    said: ClassVar[str] = "session {session}: another receive already waits for {slot} of {party}"


@error
class RoundReceived(UsageError):
    """The peer's message of this round was received already, and there is no second one."""

    session: int
    party: str
    slot: int
    said: ClassVar[str] = (
        "session {session}: {party}'s message of {slot} was received already; "
        "call next_round() first"
    )


@error
class PayloadInvalid(UsageError, TypeError):
    """A payload is bytes or another contiguous buffer; ``kind`` is the type that was given."""

    kind: str
    said: ClassVar[str] = "a payload is bytes-like, not {kind}"


@error
class PayloadTooLarge(UsageError):
    """The payload is over the configured limit; sizes in bytes."""

    size: int
    limit: int
    said: ClassVar[str] = "a payload of {size} bytes is over limits.largest_message ({limit} bytes)"


@error
class OutboxFull(UsageError):
    """``send_nowait`` found no room and must not wait."""

    session: int
    party: str
    said: ClassVar[str] = (
        "session {session}: the outbox to {party} is full; await send(), which waits for room"
    )


@error
class DeliveredByCallback(UsageError):
    """The messages of the session go to its delivery callback: there is one, and no receive."""

    session: int
    said: ClassVar[str] = (
        "session {session}: its messages go to the callback that on_delivery was given; "
        "a second callback or a receive gets none"
    )


@error
class DeliveryCallbackFailed(UsageError):
    """The program's delivery callback raised; ``kind`` is the exception's type."""

    session: int
    kind: str
    said: ClassVar[str] = "session {session}: the delivery callback raised {kind}"
