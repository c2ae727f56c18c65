"""Configs for mutual TLS, as text for people to read and to go on with."""

from collections.abc import Sequence
from typing import Final

import attrs

from partywire_grpc.addresses import Address

_OWN: Final = """\
[party]
id = "{party}"

[transport]
plugin = "grpc-mtls"
listen = "{listen}"
certificate = "{party}.crt"
private_key = "{party}.key"

[[verifier]]
plugin = "x509"
"""
_PEER: Final = """
[[peer]]
id = "{party}"
address = "{address}"
certificate = "{certificate}"
"""
_ANCHOR: Final = 'anchor = "ca"\n'
_REMARK: Final = """
# A [[peer]] table for each other party. Its certificate comes from that party itself, and goes into
# this folder. Compare its fingerprint with that party before you use it, by a way that nobody else
# can write to: `partywire certificate show FILE` prints it.
"""
_EXAMPLE: Final = """\
#
# [[peer]]
# id = "bob"
# address = "bob.example:7000"
# certificate = "bob.crt"
# anchor = "ca"               # where that is the certificate of its own CA
"""


@attrs.frozen
class Peer:
    """What a config says of a peer; ``certificate`` is a file beside the config."""

    party: str
    address: Address
    certificate: str
    has_authority: bool = False

    def text(self) -> str:
        """Return its ``[[peer]]`` table."""
        table = _PEER.format(party=self.party, address=self.address, certificate=self.certificate)
        return table + (_ANCHOR if self.has_authority else "")


def whole(party: str, listen: Address, peers: Sequence[Peer]) -> str:
    """Return a config with which a node can be opened."""
    return _OWN.format(party=party, listen=listen) + "".join(peer.text() for peer in peers)


def skeleton(party: str, listen: Address, peers: Sequence[Peer]) -> str:
    """Return a config that is to be completed, with what is to be done in it."""
    tables = "".join(peer.text() for peer in peers) or _EXAMPLE
    return _OWN.format(party=party, listen=listen) + _REMARK + tables
