"""A node's own certificate and key, and what the config says of its peers' certificates."""

import logging
import time
from typing import Final

import attrs

from partywire.errors import ConfigInvalid, IdentityError, Mistake
from partywire.hookspecs import Setting
from partywire.identity import Credentials
from partywire_grpc.certificates.keys import CERTIFICATE, is_taken, load_credentials
from partywire_grpc.certificates.making import self_signed
from partywire_grpc.certificates.peers import read_certificates
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_grpc.certificates.rules import check_dates, check_leaf
from partywire_grpc_mtls.roots import Roots, pem, stands_alone

_log = logging.getLogger("partywire")

NOBODY: Final = "nobody.invalid"
"""Whom the certificate names that stands first among the roots (RFC 6761, section 6.4)."""


_NO_ROOT: Final = (
    "the CA configured for %s is none that gRPC takes as a root; a certificate that it issues "
    "becomes one itself, once it was seen and judged"
)


@attrs.frozen
class Own:
    """A node's certificate, what it says, and its key."""

    credentials: Credentials
    leaf: Leaf

    @property
    def digest(self) -> bytes:
        """SHA-256 of the certificate."""
        return bytes.fromhex(self.leaf.sha256)

    def has_ended(self, now: float) -> bool:
        """Tell whether it is of no use any more; ``now`` is seconds since 1970."""
        return now >= self.leaf.not_after


def own_of(credentials: Credentials, setting: Setting) -> Own:
    """Return what a node shows by these. Raises `IdentityError` where peers would refuse it now."""
    (leaf,) = read_leaves(credentials.certificates, setting.party)
    check_leaf(leaf, setting.party, frozenset({setting.party, *setting.peers}))
    check_dates(leaf, setting.party, time.time())
    return Own(credentials, leaf)


def load_own(setting: Setting) -> Own:
    """Return what this node shows, from its files. Blocks.

    Raises `ConfigInvalid` where the files are not in order, or every peer would refuse them now.
    """
    source = f"the config of {setting.party}"
    own = load_credentials(setting.config.certificate, setting.config.private_key, source=source)
    try:
        return own_of(own, setting)
    except IdentityError as error:
        raise ConfigInvalid(source, (Mistake(CERTIFICATE, error.problem),)) from error


def first_roots(setting: Setting, own: Credentials) -> Roots:
    """Return the certificates that the config names, as far as gRPC takes them as roots. Blocks.

    Raises `ConfigInvalid` where they cannot be tried now.
    """
    source = f"the config of {setting.party}"
    anchors: dict[str, tuple[bytes, ...]] = {}
    for party, peer in setting.peers.items():
        if peer.certificate is not None:
            named = read_certificates(peer.certificate)
            anchors[party] = tuple(
                pem(each.der) for each in named if _is_root(party, each, own, source)
            )
    throwaway = self_signed(NOBODY, now=time.time()).certificate_pem
    return Roots(throwaway, anchors)


def _is_root(party: str, certificate: Leaf, own: Credentials, source: str) -> bool:
    """Tell whether it may be a root.

    A key of another kind may stand alone nevertheless: BoringSSL reads it when it has to verify a
    signature of it, and then the handshake fails, and the pinned leaf beside it is of no use.
    """
    try:
        fit = is_taken(certificate.parsed.public_key()) and stands_alone(pem(certificate.der), own)
    except OSError as error:
        problem = f"the certificate of {party} cannot be tried: {error.strerror}"
        raise ConfigInvalid(source, (Mistake("transport", problem),)) from error
    if not fit and certificate.is_ca:
        _log.info(_NO_ROOT, party)
    elif not fit:
        _log.warning("the certificate configured for %s is none that gRPC takes as a root", party)
    return fit
