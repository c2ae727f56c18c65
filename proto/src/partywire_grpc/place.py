"""Where a party and its peers are, and how that changes."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from partywire.hookspecs import KeyMistake
from partywire.setting import Setting
from partywire_grpc.addresses import Address, parse_address
from partywire_grpc.wires import check_wires, on_reference

EVERYWHERE: Final = "{} is every address of a machine; give the one at which {} is reached"
SHARED: Final = "{} is the address of {} too; every party has one of its own"
OWN: Final = "at {} this party listens itself; give the address of {}"


@attrs.frozen
class Place:
    """Where a party is in the network: its id, where it listens, and where its peers do.

    Attributes:
        unary: the peers that are on the reference wire.
        unary_listen: where they call this party; None where nobody is to.
    """

    party: str
    listen: Address
    peers: Mapping[str, Address]
    unary: frozenset[str] = frozenset()
    unary_listen: Address | None = None


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


def check_addresses(setting: Setting) -> list[KeyMistake]:
    """Return the addresses of peers at which no node of theirs can be, and wires to nowhere."""
    found = misplaced(place_of(setting))
    misaddressed = [KeyMistake("address", problem, party) for party, problem in found.items()]
    return [*check_wires(setting), *misaddressed]


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
        elif any(_is_own(address, own) for own in (place.listen, place.unary_listen) if own):
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
        place: where everybody is from then on.
        take: has this side of it taken into use; called on the node's event loop.
        renew: has the security take its part into use; called on the event loop of gRPC, after
            ``take``. Neither can fail.
        certificate: what we show from then on, in DER; empty where that does not change.
    """

    place: Place
    take: Callable[[], None] = _nothing
    renew: Callable[[], None] = _nothing
    certificate: bytes = attrs.field(default=b"", repr=False)
