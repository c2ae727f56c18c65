"""The plugin ``verifier.nitro``."""

import logging
import time
from collections.abc import Mapping
from typing import Final

from partywire.hookspecs import Setting, VerifierDescriptor, hookimpl
from partywire.identity import KEY, WHAT, WHEN
from partywire.interfaces import IdentityVerifier
from partywire.probing import EXPIRES_SOON
from partywire_grpc.certificates.rules import utc_text
from partywire_nitro_attest.config import NitroConfig
from partywire_nitro_attest.peers import COPYABLE, NitroPeer, check_peers
from partywire_nitro_attest.trusted import trusted
from partywire_nitro_attest.verifier import NitroVerifier

_log = logging.getLogger("partywire")

_DEVELOPMENT_ROOT: Final = (
    "DEVELOPMENT: nitro trusts the development root %s, and no other one. Whoever has its key "
    "makes any document: nothing is proved about what runs at the peers. Remove development_root"
)
_ALLOWS_DEBUG: Final = (
    "nitro lets enclaves in debug mode in (allow_debug): their operators read all that is in them, "
    "and their measurements say nothing. Remove allow_debug"
)


def open_verifier(setting: Setting) -> IdentityVerifier:
    """Return the verifier, and warn of what makes its verdicts worth nothing, or less."""
    for warning in _warnings(setting.config, setting.peers):
        _log.warning("%s", warning)
    return NitroVerifier(setting.config, setting.peers)


def remarks(setting: Setting) -> list[str]:
    """Return what is trusted, and of each peer how it is proved; and warnings."""
    config: NitroConfig = setting.config
    peers: Mapping[str, NitroPeer] = setting.peers
    names = ", ".join(each.name for each in config.release)
    count = len(config.release)
    lines = [f"nitro trusts {count} release{'s' if count > 1 else ''}: {names}"]
    for party, peer in peers.items():
        lines += [
            f"{party}: its party certificate ends at {utc_text(each.not_after)}; SHA-256 "
            f"{each.sha256}"
            for each in peer.certificates
        ]
    lines += [
        f'{party}: level = "certificate": its document is fresh to within '
        f"{config.max_age / 60:.0f} minutes, and bound to no connection"
        for party, peer in peers.items()
        if not peer.bound
    ]
    warned = [*_warnings(config, peers), *_ending(peers)]
    return [*lines, *(f"Warning: {warning}" for warning in warned)]


def _warnings(config: NitroConfig, peers: Mapping[str, NitroPeer]) -> list[str]:
    found = [peer.exposure for peer in peers.values() if peer.exposure is not None]
    found += [
        f"{party}: {COPYABLE.format(party=party)}" for party, peer in peers.items() if peer.copyable
    ]
    if config.allow_debug:
        found.insert(0, _ALLOWS_DEBUG)
    if config.development_root is not None:
        found.insert(0, _DEVELOPMENT_ROOT % config.development_root)
    return found


def _ending(peers: Mapping[str, NitroPeer]) -> list[str]:
    """Return which party certificates, the last of a peer, end soon."""
    found, now = [], time.time()
    for party, peer in peers.items():
        end = max((each.not_after for each in peer.certificates), default=None)
        if end is not None and end - now < EXPIRES_SOON:
            problem = f"its party certificate ends at {utc_text(end)}; {party} has to renew it"
            found.append(f"{party}: {problem}")
    return found


@hookimpl
def register_verifiers() -> list[VerifierDescriptor]:
    """Return the verifier of Nitro enclaves."""
    return [
        VerifierDescriptor(
            name="nitro",
            open=open_verifier,
            proves=frozenset({WHAT, WHEN, KEY}),
            config=NitroConfig,
            peer=NitroPeer,
            check=check_peers,
            remarks=remarks,
            trusted=trusted,
        )
    ]
