"""Where a party and its peers are, and how that changes."""

from collections.abc import Callable, Mapping

import attrs

from partywire_grpc.addresses import Address


@attrs.frozen
class Place:
    """Where a party is in the network: its id, where it listens, and where its peers do."""

    party: str
    listen: Address
    peers: Mapping[str, Address]


def _nothing() -> None:
    """Change nothing."""


@attrs.frozen
class Move:
    """A changed config of the wire that was found in order.

    Attributes:
        place: where everybody is from then on.
        renew: has the security take its part into use; called on the event loop of gRPC, and it
            cannot fail.
        successor: this party's own certificate from then on, in DER, where it is another one.
    """

    place: Place
    renew: Callable[[], None] = _nothing
    successor: bytes | None = attrs.field(default=None, repr=False)
