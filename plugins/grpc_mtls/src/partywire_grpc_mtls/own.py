"""A node's own certificate and key, and what the config says of its peers' certificates."""

import logging
import time
from typing import Final

import attrs

from partywire.errors import ConfigInvalid, IdentityError, Mistake
from partywire.hookspecs import Setting
from partywire.identity import Credentials
from partywire_grpc.certificates.keys import CERTIFICATE, load_credentials
from partywire_grpc.certificates.making import self_signed
from partywire_grpc.certificates.reading import Leaf, read_leaves
from partywire_grpc.certificates.rules import check_dates, check_leaf
from partywire_grpc_mtls.anchors import read_certificates
from partywire_grpc_mtls.roots import Roots, pem, stands_alone

_log = logging.getLogger("partywire")

NOBODY: Final = "nobody.invalid"
"""Whom the certificate names that stands first among the roots (RFC 6761, section 6.4)."""


@attrs.frozen
class Own:
    """A node's certificate, what it says, and its key."""

    credentials: Credentials
    leaf: Leaf


def load_own(setting: Setting) -> Own:
    """Return what this node shows. Blocks.

    Raises `ConfigInvalid` where the files are not in order, or every peer would refuse them now.
    """
    source = f"the config of {setting.party}"
    own = load_credentials(setting.config.certificate, setting.config.private_key, source=source)
    try:
        (leaf,) = read_leaves(own.certificates, setting.party)
        check_leaf(leaf, setting.party, frozenset({setting.party, *setting.peers}))
        check_dates(leaf, setting.party, time.time())
    except IdentityError as error:
        raise ConfigInvalid(source, (Mistake(CERTIFICATE, error.problem),)) from error
    return Own(own, leaf)


def first_roots(setting: Setting, own: Credentials) -> Roots:
    """Return the certificates that the config names, as far as gRPC takes them as roots. Blocks.

    Raises `ConfigInvalid` where they cannot be tried now.
    """
    source = f"the config of {setting.party}"
    anchors: dict[str, tuple[bytes, ...]] = {}
    for party, peer in setting.peers.items():
        if peer.certificate is not None:
            named = [pem(each.der) for each in read_certificates(peer.certificate)]
            anchors[party] = tuple(each for each in named if _is_root(party, each, own, source))
    throwaway = self_signed(NOBODY, now=time.time()).certificate_pem
    return Roots(throwaway, anchors)


def _is_root(party: str, certificate: bytes, own: Credentials, source: str) -> bool:
    try:
        fit = stands_alone(certificate, own)
    except OSError as error:
        problem = f"the certificate of {party} cannot be tried: {error.strerror}"
        raise ConfigInvalid(source, (Mistake("transport", problem),)) from error
    if not fit:
        _log.warning("the certificate configured for %s is none that gRPC takes as a root", party)
    return fit
