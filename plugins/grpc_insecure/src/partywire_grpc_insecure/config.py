"""The keys of the insecure transport, and its switches."""

from typing import Final

import attrs
from attrs.validators import optional

from partywire.hookspecs import KeyMistake, Setting
from partywire_grpc.addresses import is_address, parse_address
from partywire_grpc.place import check_addresses
from partywire_grpc.wires import Wire

BEYOND: Final = (
    "{} is not of this machine alone; without TLS everybody on the way can read and forge. Take a "
    "loopback address, or a transport with TLS, or set transport.allow_insecure_beyond_loopback"
)


@attrs.frozen
class InsecureConfig:
    """``[transport]`` with ``plugin = "grpc-insecure"``."""

    listen: str = attrs.field(validator=is_address)
    """Where peers find this node: host:port, of a loopback address."""
    allow_insecure: bool = False
    """Has to be true: nothing proves who the other end is, and all can be read and forged."""
    allow_insecure_beyond_loopback: bool = False
    """Whether this node and its peers may have addresses beyond this machine."""
    reference_listen: str | None = attrs.field(default=None, validator=optional(is_address))
    """Where peers on the reference wire find this node: host:port, another one than `listen`."""

    def __attrs_post_init__(self) -> None:
        """Keep to this machine unless the third switch is on."""
        for name in () if self.allow_insecure_beyond_loopback else ("listen", "reference_listen"):
            address = getattr(self, name)
            if address is not None and not parse_address(address).is_loopback:
                raise ValueError(BEYOND.format(name), attrs.fields_dict(InsecureConfig)[name])


@attrs.frozen
class InsecurePeer:
    """The share of each ``[[peer]]``."""

    address: str = attrs.field(validator=is_address)
    """Where the peer listens: host:port, of a loopback address."""
    wire: Wire = "fast"
    """Whether the peer is a node of ours, or one that speaks the reference system's wire."""


def check_peers(setting: Setting, _: frozenset[str]) -> list[KeyMistake]:
    """Return the peers who are elsewhere than they can be, or may be by the third switch."""
    found = check_addresses(setting)
    if not setting.config.allow_insecure_beyond_loopback:
        found += [
            KeyMistake("address", BEYOND.format(peer.address), party)
            for party, peer in setting.peers.items()
            if not parse_address(peer.address).is_loopback
        ]
    return found
