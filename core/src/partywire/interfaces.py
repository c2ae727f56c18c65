"""What plugins implement: transports, identity verifiers, routers; attesters are in `setting`."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from anyio.abc import TaskStatus

from partywire.delivery.hello import Hello, HelloAnswer
from partywire.delivery.records import Batch, Receipt, Status
from partywire.delivery.tags import Tag
from partywire.errors import Rejected, TransportError
from partywire.identity import Evidence, Identity, Verdict
from partywire.inbox import Inbox
from partywire.setting import Setting, refuse_changes

Answered = Callable[[Receipt], None]
Judge = Callable[[Evidence], Identity]


class Channel(ABC):
    """One connection to one peer that was judged before anything was sent to it."""

    identity: Identity

    @abstractmethod
    async def greet(self, hello: Hello) -> HelloAnswer:
        """Send a step of the hello and return the answer."""

    @abstractmethod
    async def deliver(self, batch: Batch, answered: Answered) -> None:
        """Return when the batch is taken, and call ``answered`` once the peer has answered it.

        Batches arrive in the order of the calls, and answers come in the order of the batches. A
        cancelled call may have delivered the batch. After an error the channel is of no use. Raises
        `Unreachable`: the connection is lost, or `Rejected`: either end has ended it for a fault.
        """

    def deliver_nowait(self, batch: Batch, answered: Answered) -> bool:
        """Deliver at once and return True, or do nothing and return False; optional."""
        return False

    @abstractmethod
    async def broken(self) -> TransportError:
        """Wait until the connection is lost, and return why: `Unreachable` or `Rejected`."""


class UnaryChannel(ABC):
    """One connection to a peer that takes messages one by one, and answers each of them alone."""

    identity: Identity

    @abstractmethod
    async def send(self, tag: Tag, payload: bytes) -> Status:
        """Return ACTIVE, INACTIVE, COMPLETED, FULL or NOT_MEMBER; calls may run side by side.

        Cancelled, it may have delivered. Raises `Unreachable`: worth a retry, or `Rejected`.
        """

    @abstractmethod
    async def check(self, payload: bytes = b"") -> None:
        """Ask whether the peer answers; it throws ``payload`` away. Raises what `send` does."""

    @abstractmethod
    async def broken(self) -> TransportError:
        """Wait until the connection is lost, and return why: `Unreachable` or `Rejected`."""


class Transport(ABC):
    """A way to reach peers. It exists only while it is open; its descriptor's ``open`` makes it."""

    @abstractmethod
    async def serve(self, inbox: Inbox, *, task_status: TaskStatus[None]) -> None:
        """Accept connections until cancelled; call ``task_status.started()`` once they can come."""

    @abstractmethod
    def connect(self, peer: str, judge: Judge) -> AbstractAsyncContextManager[Channel]:
        """Return a context manager that holds one connection to ``peer``.

        The evidence of the other end is given to ``judge`` before anything of ours leaves.

        Raises:
            Unreachable: on entering; nobody is there now.
            Rejected: on entering; it is not worth a retry as it is.
            IdentityError: on entering; what ``judge`` raised passes through.
        """

    def unary(self, peer: str) -> bool:
        """Tell whether the config has that peer on a wire of single calls, for `call`."""
        return False

    def call(self, peer: str, judge: Judge) -> AbstractAsyncContextManager[UnaryChannel]:
        """Return what `connect` does, for a peer that is on a wire of single calls."""
        raise Rejected(peer, "this transport has no wire of single calls")

    async def prepare(self, setting: Setting, former: Setting) -> Callable[[], None]:
        """Check a changed config in full, and return what takes it into use; change nothing yet.

        What is returned is called once or never, from the event loop; it neither waits nor fails,
        and connections go on. ``former`` is in use now; they differ in config and peers only.

        Raises:
            ConfigInvalid: with every mistake of the transport's keys.
        """
        refuse_changes(setting, former)
        return lambda: None


class IdentityVerifier(ABC):
    """Looks at evidence. Pure: no I/O and no clock."""

    @abstractmethod
    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        """Return a verdict on ``expected``, never a boolean.

        Args:
            evidence: what the other end showed; of any transport, so its type is to be checked.
            expected: the party that it has to be.
            binding: what the proof has to cover, of a party that is challenged; None at first, when
                what was shown has to do, and a proof is refused. Of others, both change nothing.
            now: seconds since 1970.

        Raises:
            EvidenceInvalid: it proves nobody.
            IdentityMismatch: it proves somebody else.
        """

    def challenges(self, party: str) -> bool:
        """Tell whether a party has to prove itself on each connection, before the first message."""
        return False


class SessionRouter(ABC):
    """Brings a batch to the sessions it is for; the built-in ``local`` knows this node's own."""

    @abstractmethod
    async def accept(self, identity: Identity, batch: Batch) -> Receipt:
        """Take a batch of that identity and answer it; called one at a time for each peer."""

    def accept_nowait(self, identity: Identity, batch: Batch) -> Receipt | None:
        """Take a batch without waiting, or return None for `accept` to be awaited; optional."""
        return None

    async def take(self, identity: Identity, tag: Tag, payload: bytes) -> Status:
        """Take a message that came alone and answer it, many side by side; see `Guest.take`."""
        raise Rejected(identity.party, "the session router here takes no single messages")
