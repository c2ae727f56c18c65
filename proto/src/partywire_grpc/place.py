"""Where a party and its peers are, and how that changes."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from partywire.hookspecs import KeyMistake
from partywire.setting import Setting
from partywire_grpc.addresses import Address, parse_address

EVERYWHERE: Final = "{} is every address of a machine; give the one at which {} is reached"
SHARED: Final = "{} is the address of {} too; every party has one of its own"
OWN: Final = "at {} this party listens itself; give the address of {}"


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


def check_addresses(setting: Setting) -> list[KeyMistake]:
    """Return the addresses of peers at which no node of theirs can be."""
    found = misplaced(place_of(setting))
    return [KeyMistake("address", problem, party) for party, problem in found.items()]


def misplaced(place: Place) -> dict[str, str]:
    """Return by peer what is wrong with its address beside those of the others, and our own."""
    found: dict[str, str] = {}
    owners: dict[Address, str] = {}
    for party, address in place.peers.items():
        owner = owners.setdefault(_meant(address), party)
        if address.is_everywhere:
            found[party] = EVERYWHERE.format(address.host, party)
        elif owner != party:
            found[party] = SHARED.format(address, owner)
        elif _is_own(address, place.listen):
            found[party] = OWN.format(address, party)
    return found


def _is_own(address: Address, listen: Address) -> bool:
    if listen.is_everywhere and address.is_loopback:
        return address.port == listen.port
    return _meant(address) == _meant(listen)


def _meant(address: Address) -> Address:
    host = "127.0.0.1" if address.host == "localhost" else address.host.lower()
    return attrs.evolve(address, host=host)


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
