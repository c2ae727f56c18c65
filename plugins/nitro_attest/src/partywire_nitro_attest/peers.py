"""What the config says of each peer's enclave, and what has to hold for that."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from partywire.errors import IdentityError
from partywire.hookspecs import KeyMistake, Setting
from partywire_grpc.certificates.peers import (
    BY_ATTESTATION,
    SHARED,
    USUAL,
    Anchor,
    ended,
    exposure,
    read_configured,
    shared_keys,
)
from partywire_grpc.certificates.reading import Leaf
from partywire_grpc.certificates.rules import check_name
from partywire_grpc.wires import Wire
from partywire_nitro_attest.policy import check_pins, pcr_of_certificate

PCR: Final = re.compile(r"[0-9a-fA-F]{96}", re.ASCII)
"""A PCR as people write it."""
SIGNER: Final = 8
"""The PCR of the certificate with whose key an image was signed."""
PLACES: Final = frozenset({3, 4})
"""The PCRs that say where an enclave runs: under which role, and on which instance."""
MAX_VALUES: Final = 2
"""Of a pin, at most: one that the peer has, and one that it goes over to."""
_PIN: Final = re.compile(r"pcr(0|[1-9][0-9]?)", re.ASCII)

NO_PARTY_CERTIFICATE: Final = (
    'missing; with anchor = "by-attestation" nothing else says who the peer is: give the '
    "certificate with whose key the image of its enclave was signed"
)
NO_USE: Final = (
    'the peer is proved by its own certificate or CA here; add anchor = "by-attestation" to this '
    "table, or remove this key"
)
TWO_SIGNERS: Final = "the party certificate says what pcr8 is; remove pcr8"
COPYABLE: Final = (
    "whoever has a copy of its signed image can start it on an instance of their own, and then is "
    "{party} for this node: the signature (PCR8) is in every copy. Ask {party} for the ARN of the "
    "role of its instance, and pin its hash as pcr3 in the pcrs of its [[peer]] table; or pin the "
    "instance itself, as pcr4"
)
UNBOUND: Final = (
    "the reference wire has no hello in which a peer could prove itself on each connection; take "
    'the fast wire, or say level = "certificate"'
)


def _are_pins(_: object, key: "attrs.Attribute[Any]", value: Mapping[str, Any]) -> None:
    for name, pin in value.items():
        if not _PIN.fullmatch(name):
            raise ValueError("the pins are called pcr3, pcr4, pcr8 and pcr16 to pcr31", key)
        values = pin if isinstance(pin, (list, tuple)) else [pin]
        if len(values) > MAX_VALUES:
            raise ValueError(f"{name}: {len(values)} values; at most two are taken", key)
        if not all(isinstance(each, str) and PCR.fullmatch(each) for each in values):
            raise ValueError(f"{name} is not 96 hexadecimal digits, nor a list of such", key)
    try:
        check_pins(_pins(value))
    except ValueError as error:
        raise ValueError(str(error), key) from None


def _pins(pcrs: Mapping[str, str | Sequence[str]]) -> dict[int, tuple[bytes, ...]]:
    return {
        int(name.removeprefix("pcr")): tuple(
            bytes.fromhex(each) for each in ([pin] if isinstance(pin, str) else pin)
        )
        for name, pin in pcrs.items()
    }


def _read(peer: "NitroPeer") -> tuple[Leaf, ...]:
    """Return the certificates of the file. Raises ValueError, as validators do."""
    path, field = peer.party_certificate, attrs.fields(NitroPeer).party_certificate
    return () if path is None else read_configured(path, field)


def _exposure(peer: "NitroPeer") -> str | None:
    return exposure(peer.party_certificate)


@attrs.frozen
class NitroPeer:
    """The verifier's share of each ``[[peer]]``. The certificates are read when the config is."""

    level: Literal["bound", "certificate"] = "bound"
    """Whether each connection is proved anew, or the document in the certificate is enough."""
    pcrs: dict[str, Any] = attrs.field(factory=dict, validator=_are_pins)
    """What PCRs of this peer have to be: ``pcr3``, ``pcr4``, ``pcr8``, ``pcr16`` to ``pcr31``; each
    has one value, or a list of two during a change."""
    party_certificate: Path | None = None
    """For ``by-attestation``: whose key signed its image, in PEM; two during a renewal."""
    anchor: Anchor = USUAL
    """What the peer's key is proved by, as the verifier of who is there has it."""
    wire: Wire = "fast"
    """The wire of the peer, as the transport has it."""
    certificates: tuple[Leaf, ...] = attrs.field(
        init=False, repr=False, default=attrs.Factory(_read, takes_self=True)
    )
    exposure: str | None = attrs.field(
        init=False, repr=False, eq=False, default=attrs.Factory(_exposure, takes_self=True)
    )
    """A warning where others can write to that file."""

    @property
    def by_attestation(self) -> bool:
        """Whether nothing but the enclave's measurements says who the peer is."""
        return self.anchor == BY_ATTESTATION

    @property
    def bound(self) -> bool:
        """Whether the peer has to prove itself on each connection."""
        return self.level == "bound"

    @property
    def copyable(self) -> bool:
        """Whether a copy of its signed image, on any instance, is let in as that peer."""
        return self.by_attestation and not PLACES & _pins(self.pcrs).keys()

    def pins(self, certificate: Leaf | None) -> dict[int, tuple[bytes, ...]]:
        """Return what its PCRs have to be, where its image was signed with that certificate."""
        signed = {} if certificate is None else {SIGNER: (pcr_of_certificate(certificate.der),)}
        return {**_pins(self.pcrs), **signed}


def check_peers(setting: Setting, _: frozenset[str]) -> Sequence[KeyMistake]:
    """Return what is wrong with the keys of the peers, now and with each other."""
    peers: Mapping[str, NitroPeer] = setting.peers
    now = time.time()
    found: list[KeyMistake] = []
    for party, peer in peers.items():
        found += [KeyMistake(key, problem, party) for key, problem in _unfit(peer)]
        outdated = ended(peer.certificates, party, now, "the party certificate")
        problems = [*_broken(peer, party), *outdated]
        found += [KeyMistake("party_certificate", problem, party) for problem in problems]
    named = {party: peer.certificates for party, peer in peers.items()}
    twice = [
        KeyMistake("party_certificate", SHARED.format(owner), party)
        for owner, party in shared_keys(named)
    ]
    return [*found, *twice]


def _unfit(peer: NitroPeer) -> Iterator[tuple[str, str]]:
    """Yield the keys that do not go together, each with its problem."""
    if peer.by_attestation and not peer.certificates:
        yield "party_certificate", NO_PARTY_CERTIFICATE
    if peer.certificates and not peer.by_attestation:
        yield "party_certificate", NO_USE
    if peer.certificates and SIGNER in _pins(peer.pcrs):
        yield "pcrs", TWO_SIGNERS
    if peer.bound and peer.wire == "reference":
        yield "level", UNBOUND


def _broken(peer: NitroPeer, party: str) -> Iterator[str]:
    for certificate in peer.certificates:
        try:
            check_name(certificate, party)
        except IdentityError as error:
            yield error.problem
