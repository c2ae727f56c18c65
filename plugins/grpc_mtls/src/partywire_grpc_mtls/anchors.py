"""What the config says of each peer's certificate, and what has to hold for that."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from partywire.errors import IdentityError
from partywire.hookspecs import KeyMistake, Setting
from partywire.identity import KEY
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
from partywire_grpc.certificates.rules import (
    check_authority,
    check_leaf,
)

UNPROVED: Final = (
    "no other verifier of this config proves whose the key is; give the peer's certificate, or add "
    "a [[verifier]] that does"
)
NO_USE: Final = 'with anchor = "by-attestation" no certificate is looked at; remove this key'
MEANT_AS_CA: Final = (
    'the certificate is one of a CA; if it is the CA of {}, add anchor = "ca" to this table'
)
NEEDED: Final = "missing; give the peer's certificate, or that of its own CA"


def _read(peer: "X509Peer") -> tuple[Leaf, ...]:
    """Return the certificates that the keys name. Raises ValueError, as validators do."""
    field = attrs.fields(X509Peer).certificate
    attested = peer.anchor == BY_ATTESTATION
    if peer.certificate is None or attested:
        if (peer.certificate is None) == attested:
            return ()
        raise ValueError(NO_USE if attested else NEEDED, field)
    return read_configured(peer.certificate, field)


def _exposure(peer: "X509Peer") -> str | None:
    return exposure(peer.certificate)


@attrs.frozen
class X509Peer:
    """The verifier's share of each ``[[peer]]``. The certificates are read when the config is."""

    certificate: Path | None = None
    """A file with the peer's certificate, or that of its own CA, in PEM; two during a renewal."""
    anchor: Anchor = USUAL
    """What the peer's key is proved by: its certificate, its own CA, or another verifier."""
    certificates: tuple[Leaf, ...] = attrs.field(
        init=False, repr=False, default=attrs.Factory(_read, takes_self=True)
    )
    exposure: str | None = attrs.field(
        init=False, repr=False, eq=False, default=attrs.Factory(_exposure, takes_self=True)
    )
    """A warning where others can write to that file."""


def check_peers(setting: Setting, beside: frozenset[str]) -> Sequence[KeyMistake]:
    """Return what is wrong with the anchors of the peers, now and with each other."""
    peers: Mapping[str, X509Peer] = setting.peers
    roster = frozenset({setting.party, *peers})
    now = time.time()
    found = [
        KeyMistake("anchor", UNPROVED, party)
        for party, peer in peers.items()
        if peer.anchor == BY_ATTESTATION and KEY not in beside
    ]
    for party, peer in peers.items():
        problems = [*_broken(peer, party, roster), *ended(peer.certificates, party, now)]
        found += [KeyMistake("certificate", problem, party) for problem in problems]
    return [*found, *_shared(peers)]


def _broken(peer: X509Peer, party: str, roster: frozenset[str]) -> Iterator[str]:
    """Yield of each certificate the first rule that it breaks."""
    for certificate in peer.certificates:
        try:
            if peer.anchor == "ca":
                check_authority(certificate, party)
            else:
                check_leaf(certificate, party, roster)
        except IdentityError as error:
            meant = peer.anchor != "ca" and is_authority_of(party, certificate)
            yield MEANT_AS_CA.format(party) if meant else error.problem


def is_authority_of(party: str, certificate: Leaf) -> bool:
    """Tell whether a certificate could be that of a party's own CA, but for its dates."""
    try:
        check_authority(certificate, party)
    except IdentityError:
        return False
    return True


def _shared(peers: Mapping[str, X509Peer]) -> Iterator[KeyMistake]:
    """Yield the keys that stand under two parties, unless they are replicas below one CA."""
    for owner, party in shared_keys({party: peer.certificates for party, peer in peers.items()}):
        if not peers[owner].anchor == peers[party].anchor == "ca":
            yield KeyMistake("certificate", SHARED.format(owner), party)
