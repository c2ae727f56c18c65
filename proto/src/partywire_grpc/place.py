"""Where a party and its peers are, and how that changes."""

from collections.abc import Callable, Mapping

import attrs

from partywire.setting import Setting
from partywire_grpc.addresses import Address, parse_address
from partywire_grpc.wires import on_reference


@attrs.frozen
class Place:
    """Where a party is in the network: its id, where it listens, and where its peers do.

    Attributes:
        certificate: what it proves itself by, in DER; empty where it proves nothing.
        unary: the peers that are on the reference wire.
        unary_listen: where they call this party; None where nobody is to.
    """

    party: str
    listen: Address
    peers: Mapping[str, Address]
    unary: frozenset[str] = frozenset()
    unary_listen: Address | None = None
    certificate: bytes = attrs.field(default=b"", repr=False)


def place_of(setting: Setting) -> Place:
    """Return where the addresses and wires of a config are; its keys are those of both plugins."""
    there = setting.config.reference_listen
    return Place(
        party=setting.party,
        listen=parse_address(setting.config.listen),
        peers={party: parse_address(peer.address) for party, peer in setting.peers.items()},
        unary=frozenset(on_reference(setting)),
        unary_listen=None if there is None else parse_address(there),
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
