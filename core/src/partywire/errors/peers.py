"""One pair of a session and a peer failed.

What had arrived before can still be received; other pairs go on.
"""

from collections.abc import Sequence
from typing import ClassVar

from partywire.errors.base import PartywireError, error, outside_text


@error
class PeerError(PartywireError):
    """The pair of this session and this peer failed."""

    session: int
    party: str
    said: ClassVar[str] = "session {session}: {party} failed"

    @property
    def told(self) -> str:
        """What the peer is told of it."""
        return type(self).__name__

    @property
    def passed_on(self) -> str:
        """What the other peers are told where it ends this party's part: who failed, and how."""
        return f"{type(self).__name__}: {self.party}"


@error
class PeerRefused(PeerError):
    """The peer, on the reference wire, refuses what we send for good; ``problem`` says why."""

    problem: str
    said: ClassVar[str] = "session {session}: {party} refuses our messages: {problem}"


@error
class PeerLeft(PeerError):
    """The peer left in good order; no further message will come."""

    said: ClassVar[str] = "session {session}: {party} left the session; all it sent has been taken"


@error
class PeerAborted(PeerError):
    """The peer left by an error. ``says`` is the peer's own text: untrusted, shown escaped."""

    says: str
    said: ClassVar[str] = "session {session}: {party} aborted its part; {party} says: {says}"

    @property
    def passed_on(self) -> str:
        """Who aborted, and what it said: the one who failed first may be named in that."""
        return f"{type(self).__name__}: {self.party} says: {outside_text(self.says, 128)}"


@error
class PeerUnreachable(PeerError):
    """The peer was not to be reached for ``limits.give_up``; ``link`` says why."""

    seconds: float
    link: str
    said: ClassVar[str] = "session {session}: {party} is unreachable for {seconds} s: {link}"

    @property
    def told(self) -> str:
        """For how long it was not to be reached."""
        return f"PeerUnreachable: for {self.seconds:.0f} s"


@error
class PeerRestarted(PeerError):
    """The peer's node was started anew; nothing is replayed into its new life."""

    said: ClassVar[str] = "session {session}: {party} was restarted and has lost its part"


@error
class PeerDuplicated(PeerError):
    """Two nodes run under the peer's id, and each of them may get what is meant for the other."""

    said: ClassVar[str] = (
        "session {session}: two nodes run as {party}; its operator has to stop one of them"
    )


@error
class PeerRemoved(PeerError):
    """The peer was taken out of the roster, by a config that was read again."""

    said: ClassVar[str] = "session {session}: {party} was removed from the roster of this node"


@error
class PeerStalled(PeerError):
    """The peer is connected and makes no progress; ``doing`` says with what."""

    seconds: float
    doing: str
    said: ClassVar[str] = "session {session}: {party} made no progress for {seconds} s: {doing}"

    @property
    def told(self) -> str:
        """With what it made no progress, and for how long."""
        return f"PeerStalled: no progress for {self.seconds:.0f} s, {self.doing}"


@error
class TermsDiffer(PeerError):
    """The two ends opened one session id with different terms."""

    differences: Sequence[str]
    said: ClassVar[str] = "session {session}: {party} opened it with other terms: {differences}"


@error
class NotAMember(PeerError):
    """The peer's session of that id does not have us."""

    said: ClassVar[str] = (
        "session {session}: {party} has it without us; compare the parties on both sides"
    )


@error
class ProtocolViolation(PeerError):
    """The peer broke a rule of the delivery contract."""

    rule: str
    said: ClassVar[str] = "session {session}: {party} broke the protocol: {rule}"

    @property
    def told(self) -> str:
        """Which rule it broke."""
        return f"ProtocolViolation: {self.rule}"
