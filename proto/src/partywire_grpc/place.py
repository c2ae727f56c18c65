"""Where a party and its peers are, and how that changes."""

from collections.abc import Callable, Mapping

import attrs

from partywire.setting import Setting
from partywire_grpc.addresses import Address, parse_address


@attrs.frozen
class Place:
    """Where a party is in the network: its id, where it listens, and where its peers do.

    Attributes:
        certificate: what it proves itself by, in DER; empty where it proves nothing.
    """

    party: str
    listen: Address
    peers: Mapping[str, Address]
    certificate: bytes = attrs.field(default=b"", repr=False)


def place_of(setting: Setting) -> Place:
    """Return where the addresses of a config are: of ``listen``, and of each peer's ``address``."""
    return Place(
        party=setting.party,
        listen=parse_address(setting.config.listen),
        peers={party: parse_address(peer.address) for party, peer in setting.peers.items()},
    )


def _nothing() -> None:
    """Change nothing."""


@attrs.frozen
class Move:
    """A changed config of the wire that was found in order.

    Attributes:
        place: where everybody is from then on, and our own certificate.
        renew: has the security take its part into use; called on the event loop of gRPC, and it
            cannot fail.
    """

    place: Place
    renew: Callable[[], None] = _nothing
