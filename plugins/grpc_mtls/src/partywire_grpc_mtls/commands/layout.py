"""What ``init`` makes: folders of files, decided here and written elsewhere.

One folder for each party, named by it, with all that its node needs. An own CA has a folder of its
own, whose name no party can have, so that its key can be kept away from the nodes.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import attrs

from partywire_grpc.addresses import Address
from partywire_grpc.certificates.making import DAY, Made, authority, issued, self_signed
from partywire_grpc.place import Place
from partywire_grpc_mtls.commands.configs import Peer, skeleton, whole

_ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 - where the nodes of other machines come in
_NOWHERE: Final = Address(_ALL_ADDRESSES, 0)


@attrs.frozen
class File:
    """A file that is to be written; ``private`` is for its owner alone."""

    name: str
    content: bytes = attrs.field(repr=False)
    private: bool = False


Folders = Mapping[str, Sequence[File]]
"""By their names."""


@attrs.frozen
class Seat:
    """A party, and where it is reached."""

    party: str
    address: Address


@attrs.frozen
class Making:
    """How certificates are made.

    Attributes:
        now: seconds since 1970.
        days: how long they last; the certificates of CAs last ten years.
        with_authorities: whether each party has an own CA.
    """

    now: float
    days: int
    with_authorities: bool = False

    def authorities(self, parties: Sequence[str]) -> dict[str, Made]:
        """Return by party the CAs that are needed; none where certificates are self-signed."""
        if not self.with_authorities:
            return {}
        owners = dict.fromkeys(owner_of(party, parties) for party in parties)
        return {owner: authority(owner, now=self.now) for owner in owners}

    def leaf(self, party: str, by: Made | None) -> Made:
        """Return a certificate of that party, with its key."""
        lifetime = self.days * DAY
        if by is None:
            return self_signed(party, now=self.now, lifetime=lifetime)
        return issued(party, by, now=self.now, lifetime=lifetime)


def own(seat: Seat, others: Sequence[Seat], making: Making) -> Folders:
    """Return the folder of one party, with a config that is to be completed.

    Args:
        seat: the party, and where it listens.
        others: its peers, as far as they are known; their certificates are not.
        making: how its certificate is made.
    """
    party = seat.party
    authorities = making.authorities([party])
    leaf = making.leaf(party, authorities.get(party))
    peers = [Peer(other.party, other.address, f"{other.party}.crt") for other in others]
    config = skeleton(party, seat.address, peers)
    return {party: _own_files(party, leaf, config), **authority_folders(authorities)}


def deployment(seats: Sequence[Seat], making: Making) -> Folders:
    """Return the folders of all parties, with configs that name each other."""
    parties = [seat.party for seat in seats]
    authorities = making.authorities(parties)
    owners = {party: owner_of(party, parties) for party in parties}
    leaves = {party: making.leaf(party, authorities.get(owners[party])) for party in parties}
    peers = {seat.party: _peer(seat, owners[seat.party], making) for seat in seats}
    shown = {
        peers[party].certificate: authorities.get(owners[party], leaves[party]).certificate_pem
        for party in parties
    }
    folders: dict[str, Sequence[File]] = {}
    for seat in seats:
        others = [peers[party] for party in parties if party != seat.party]
        config = whole(seat.party, _listen(seat.address), others)
        names = dict.fromkeys(other.certificate for other in others)
        folders[seat.party] = [
            *_own_files(seat.party, leaves[seat.party], config),
            *(File(name, shown[name]) for name in names),
        ]
    return {**folders, **authority_folders(authorities)}


def places(seat: Seat, others: Sequence[Seat]) -> list[Place]:
    """Return where the config of one party has everybody; `own` makes it."""
    peers = {other.party: other.address for other in others if other.party != seat.party}
    return [Place(seat.party, seat.address, peers)]


def all_places(seats: Sequence[Seat]) -> list[Place]:
    """Return where the configs of `deployment` have everybody: each of them, and all at once."""
    everybody = {seat.party: seat.address for seat in seats}
    each = [places(attrs.evolve(seat, address=_listen(seat.address)), seats) for seat in seats]
    return [*chain.from_iterable(each), Place("", _NOWHERE, everybody)]


def owner_of(party: str, parties: Sequence[str]) -> str:
    """Return whose CA issues to a party: of ``east.alice`` it is alice, where she is one too."""
    above = party.partition(".")[2]
    return above if above in parties else party


def _peer(seat: Seat, owner: str, making: Making) -> Peer:
    if making.with_authorities:
        return Peer(seat.party, seat.address, f"{_authority_name(owner)}.crt", has_authority=True)
    return Peer(seat.party, seat.address, f"{seat.party}.crt")


def _own_files(party: str, leaf: Made, config: str) -> list[File]:
    return [
        File(f"{party}.toml", config.encode()),
        File(f"{party}.crt", leaf.certificate_pem),
        File(f"{party}.key", leaf.key_pem, private=True),
    ]


def authority_folders(authorities: Mapping[str, Made]) -> Folders:
    """Return the folders of CAs, by their parties: the certificate and the key of each."""
    return {
        _authority_name(owner): [
            File(f"{_authority_name(owner)}.crt", made.certificate_pem),
            File(f"{_authority_name(owner)}.key", made.key_pem, private=True),
        ]
        for owner, made in authorities.items()
    }


def _authority_name(owner: str) -> str:
    """Return a name that no party has: an underscore is not allowed in one."""
    return f"{owner}_ca"


def _listen(address: Address) -> Address:
    """Return where the node of an address listens: there if it is loopback, else everywhere."""
    if address.is_loopback:
        return address
    return Address("::" if ":" in address.host else _ALL_ADDRESSES, address.port)
