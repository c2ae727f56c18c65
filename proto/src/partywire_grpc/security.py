"""How two ends prove to each other who they are: what differs between plain text and TLS."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import attrs
import grpc

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
    """

    party: str
    source: str
    proved: Mapping[str, tuple[bytes, ...]] = attrs.field(factory=dict, repr=False)


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


class Security(ABC):
    """Credentials for both directions, and evidence of whoever is at the other end.

    `look` is called on the event loop of gRPC, which is asyncio's, everything else on the node's.
    """

    @abstractmethod
    def server_credentials(self) -> grpc.ServerCredentials | None:
        """Return what the server is made with, or None for plain text."""

    @abstractmethod
    def caller(self, other: OtherEnd) -> Evidence:
        """Return the evidence of a caller."""

    @abstractmethod
    async def look(self, peer: str, address: Address) -> Approach:
        """Look at a server before it is called. Raises `TransportError`."""

    @abstractmethod
    def called(self, approach: Approach, other: OtherEnd) -> Evidence:
        """Return the evidence of a server that has answered; where `look` brought none."""
