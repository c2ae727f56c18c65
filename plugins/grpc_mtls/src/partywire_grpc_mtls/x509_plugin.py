"""The plugin ``verifier.x509``."""

import logging
import time
from typing import Final

from partywire.hookspecs import Setting, VerifierDescriptor, hookimpl
from partywire.identity import WHO
from partywire.interfaces import IdentityVerifier
from partywire.probing import EXPIRES_SOON
from partywire_grpc.certificates.rules import may_sign_others
from partywire_grpc_mtls.anchors import X509Peer, check_peers
from partywire_grpc_mtls.describing import validity
from partywire_grpc_mtls.x509 import X509Verifier

_log = logging.getLogger("partywire")

MAY_SIGN: Final = (
    "the configured certificate of %s (SHA-256 %s) may sign others: a server that shows it is "
    "proved to hold that key, or one that it signed for. Ask %s for one with CA:FALSE and a "
    "keyUsage without keyCertSign"
)

_ANCHORS: Final = {"configured": "its certificate", "ca": "its own CA"}


def open_verifier(setting: Setting) -> IdentityVerifier:
    """Return the verifier, and warn of each certificate whose key may sign others."""
    for party, peer in setting.peers.items():
        if peer.exposure is not None:
            _log.warning("%s", peer.exposure)
        for certificate in peer.certificates:
            if peer.anchor == "configured" and may_sign_others(certificate):
                _log.warning(MAY_SIGN, party, certificate.sha256, party)
    return X509Verifier(setting.party, setting.peers)


def remarks(setting: Setting) -> list[str]:
    """Return of each configured certificate whose it is, and how long it is good; and warnings."""
    now = time.time()
    lines = [
        f"{party}: {_ANCHORS[peer.anchor]} {validity(each, now)}; SHA-256 {each.sha256}"
        for party, peer in setting.peers.items()
        for each in peer.certificates
    ]
    for party, peer in setting.peers.items():
        warned = [peer.exposure, *_ending(party, peer, now)]
        lines += [f"Warning: {each}" for each in warned if each]
    return lines


def trusted(setting: Setting) -> list[str]:
    """Return of each peer by what it is proved; see `hookspecs.Trusted`."""
    lines = [f"{party} anchor {peer.anchor}" for party, peer in setting.peers.items()]
    for party, peer in setting.peers.items():
        lines += [f"{party} certificate {each.sha256}" for each in peer.certificates]
    return lines


def _ending(party: str, peer: X509Peer, now: float) -> list[str]:
    """Return that a peer's certificates, the last of them too, end soon."""
    last = max(peer.certificates, key=lambda each: each.not_after, default=None)
    if last is None or last.not_after - now >= EXPIRES_SOON:
        return []
    what = _ANCHORS[peer.anchor]
    return [f"{party}: {what} {validity(last, now)}; {party} has to renew it"]


@hookimpl
def register_verifiers() -> list[VerifierDescriptor]:
    """Return the verifier of X.509 certificates."""
    return [
        VerifierDescriptor(
            name="x509",
            open=open_verifier,
            proves=frozenset({WHO}),
            peer=X509Peer,
            check=check_peers,
            remarks=remarks,
            trusted=trusted,
        )
    ]
