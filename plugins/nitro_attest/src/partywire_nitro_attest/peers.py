"""What the config says of each peer's enclave, and what has to hold for that."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from partywire.config.exposed import exposed
from partywire.errors import EvidenceInvalid, IdentityError
from partywire.hookspecs import KeyMistake, Setting
from partywire_grpc.certificates.files import MAX_FILE
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_grpc.certificates.rules import check_dates, check_name, is_in_date
from partywire_grpc.wires import Wire
from partywire_nitro_attest.policy import check_pins, pcr_of_certificate

PCR: Final = re.compile(r"[0-9a-fA-F]{96}", re.ASCII)
"""A PCR as people write it."""
SIGNER: Final = 8
"""The PCR of the certificate with whose key an image was signed."""
MAX_GENERATIONS: Final = 2
"""Of one peer: party certificates, or values of a PCR, at most; what it has and what it gets."""
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
UNBOUND: Final = (
    "the reference wire has no hello in which a peer could prove itself on each connection; take "
    'the fast wire, or say level = "certificate"'
)


def _are_pins(_: object, key: "attrs.Attribute[Any]", value: Mapping[str, Any]) -> None:
    for name, pin in value.items():
        if not _PIN.fullmatch(name):
            raise ValueError("the pins are called pcr3, pcr4, pcr8 and pcr16 to pcr31", key)
        values = pin if isinstance(pin, (list, tuple)) else [pin]
        if len(values) > MAX_GENERATIONS:
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
    if path is None:
        return ()
    try:
        found = read_leaves(_content(path), "")
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}", field) from None
    except EvidenceInvalid as error:
        raise ValueError(f"{path}: {error.problem}", field) from None
    if len(found) > MAX_GENERATIONS:
        raise ValueError(f"{path}: {len(found)} certificates; at most two are taken", field)
    return found


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise OSError(0, "it is not a file")
    with path.open("rb") as file:
        return file.read(MAX_FILE + 1)


def _exposure(peer: "NitroPeer") -> str | None:
    return None if peer.party_certificate is None else exposed(peer.party_certificate)


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
    anchor: Literal["configured", "ca", "by-attestation"] = "configured"
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
        return self.anchor == "by-attestation"

    @property
    def bound(self) -> bool:
        """Whether the peer has to prove itself on each connection."""
        return self.level == "bound"

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
        problems = [*_broken(peer, party), *_ended(peer, party, now)]
        found += [KeyMistake("party_certificate", problem, party) for problem in problems]
    return [*found, *_shared(peers)]


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


def _ended(peer: NitroPeer, party: str, now: float) -> Iterator[str]:
    """Yield why none of the party certificates is in date, if none is."""
    if peer.certificates and not any(is_in_date(each, now) for each in peer.certificates):
        last = max(peer.certificates, key=lambda each: each.not_after)
        try:
            check_dates(last, party, now, "the party certificate")
        except IdentityError as error:
            yield error.problem


def _shared(peers: Mapping[str, NitroPeer]) -> Iterator[KeyMistake]:
    """Yield the party certificates that stand under two parties."""
    owners: dict[str, str] = {}
    for party, peer in peers.items():
        for key in dict.fromkeys(each.key_sha256 for each in peer.certificates):
            owner = owners.setdefault(key, party)
            if owner != party:
                problem = f"its key is that of {owner} too; every party has one of its own"
                yield KeyMistake("party_certificate", problem, party)
