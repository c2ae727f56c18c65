"""All that the verifier ``nitro`` trusts, in lines, so that a party can prove by which it runs."""

from collections.abc import Iterator, Mapping
from typing import Final

from partywire.hookspecs import Setting
from partywire_nitro_attest.config import NitroConfig
from partywire_nitro_attest.peers import NitroPeer

MEASURED: Final = 16
"""The PCR that a party extends by what it trusts.

Its pins are left out: what a party trusts would depend on what its peers trust, and that on it.
"""


def trusted(setting: Setting) -> list[str]:
    """Return the lines; see `hookspecs.Trusted`. The names of releases are words for people."""
    peers: Mapping[str, NitroPeer] = setting.peers
    lines = [*_of_all(setting.config)]
    for party, peer in peers.items():
        lines += [f"{party} {line}" for line in _of_peer(peer)]
    return lines


def _of_all(config: NitroConfig) -> Iterator[str]:
    for each in config.release:
        yield f"release {' '.join(pcr.hex() for pcr in each.release().measurements)}"
    trust = config.trust()
    for root in trust.roots.fingerprints:
        yield f"{'development_root' if trust.roots.development else 'root'} {root}"
    yield f"max_age {config.max_age!r}"
    yield f"clock_skew {config.clock_skew!r}"
    yield f"unknown_fields {config.unknown_fields}"
    yield f"allow_debug {'true' if config.allow_debug else 'false'}"
    if config.user_data_check is not None:
        yield f"user_data_check {config.user_data_check}"


def _of_peer(peer: NitroPeer) -> Iterator[str]:
    yield f"level {peer.level}"
    yield f"anchor {peer.anchor}"
    for certificate in peer.certificates:
        yield f"party_certificate {certificate.sha256}"
    for index, values in peer.pins(None).items():
        if index != MEASURED:
            yield from (f"pcr{index} {pcr.hex()}" for pcr in values)
