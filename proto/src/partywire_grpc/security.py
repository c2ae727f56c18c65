"""How two ends prove to each other who they are: what differs between plain text and TLS."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import attrs
import grpc
import grpc.aio

from partywire.identity import Evidence
from partywire_grpc.addresses import Address
from partywire_grpc.options import Options


@attrs.frozen
class OtherEnd:
    """What can be seen of the other end of a call. All of it is from outside.

    Attributes:
        party: whom it says that it is; empty where it says nothing.
        source: its address, for logs.
        proved: what the handshake found, by the names of gRPC's authentication context.
        here: the address of ours that it has called; None where we have called.
    """

    party: str
    source: str
    proved: Mapping[str, tuple[bytes, ...]] = attrs.field(factory=dict, repr=False)
    here: Address | None = None


@attrs.frozen
class Approach:
    """What was learned of a server before it is called, and how to call it.

    Attributes:
        evidence: what is to be judged first; None where the call itself brings the evidence.
        credentials: of the channel; None for plain text.
        options: of the channel, beside those that all have.
    """

    evidence: Evidence | None = None
    credentials: grpc.ChannelCredentials | None = None
    options: Options = ()

    @property
    def shown(self) -> bytes:
        """SHA-256 of the certificate of ours that the call shows; empty where none."""
        return b"" if self.evidence is None else self.evidence.own

    def channel(self, address: Address, options: Options) -> grpc.aio.Channel:
        """Return a channel of gRPC with its own options, and these; nobody is called yet."""
        options = (*options, *self.options)
        if self.credentials is None:
            return grpc.aio.insecure_channel(address.target, options=options)
        return grpc.aio.secure_channel(address.target, self.credentials, options=options)


class Security(ABC):
    """Credentials for both directions, and evidence of whoever is at the other end.

    `server_credentials`, `tend`, `look` and `admit` are called on the event loop of gRPC, which is
    asyncio's, everything else on the node's.

    Attributes:
        silence: what it may mean that a server closes a connection and says nothing; for people.
        proves: whether a handshake shows who is there; else there is the other end's word alone.
    """

    silence: str
    proves: bool = True

    @abstractmethod
    def server_credentials(
        self, address: Address, knocked: Callable[[], None]
    ) -> grpc.ServerCredentials | None:
        """Return what the server that listens there is made with, or None for plain text.

        ``knocked`` is called for connections that may fail before they are a call; on any thread.
        """

    @abstractmethod
    async def tend(self, address: Address, renewed: Callable[[], None]) -> None:
        """Do what the server that listens there needs while it is open, until cancelled.

        Returns where that is nothing. ``renewed`` is called when callers are shown another
        certificate of ours than before.
        """

    @abstractmethod
    def caller(self, other: OtherEnd) -> Evidence:
        """Return the evidence of a caller. Raises `IdentityError` where it shows none."""

    @abstractmethod
    def successor(self, party: str, source: str, certificate: bytes) -> Evidence:
        """Return the evidence that a caller will show next, as it has announced.

        Raises `IdentityError` where nothing of that kind is shown.
        """

    @abstractmethod
    async def look(self, peer: str, address: Address) -> Approach:
        """Look at a server before it is called. Raises `TransportError`."""

    @abstractmethod
    def called(self, other: OtherEnd) -> Evidence:
        """Return the evidence of a server that has answered; where `look` brought none.

        Raises `IdentityError` where it should have.
        """

    @abstractmethod
    async def admit(self, party: str, evidence: Evidence) -> bool:
        """Let a party that was judged by that evidence call here, and be called.

        Whoever begins to call after the return is let in; that may take some seconds.
        Returns whether it could not before. Raises `Rejected` where it cannot be.
        """
