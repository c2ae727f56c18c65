"""What the hospitals' processes are started with: a config file for each, and addresses.

Every config names the addresses of all, so they are chosen before anybody listens there: ports that
are free now. Somebody else may take one of them in between. Then that node says so, and all is
begun again with other ports. The hospitals themselves take none from each other: nobody dials
before everybody listens.
"""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import SystemRandom

from .part import OnPeerFailure
from .security import MUTUAL_TLS, Fingerprints, Security

HOST = "127.0.0.1"
PORTS = range(10_000, 32_000)
"""Below those that systems give to outgoing connections by themselves."""
GIVE_UP = 5
"""Seconds after which a hospital that is out of reach is given up; a whole number."""

_CONFIG = """\
[party]
id = "{party}"

[transport]
plugin = "{plugin}"
listen = "{address}"
{second}{transport}{tables}
[session]
timing = "asynchronous"
on_peer_failure = "{on_peer_failure}"

[limits]
give_up = "{give_up}s"
{limits}"""

_PEER = """
[[peer]]
id = "{party}"
address = "{address}"
"""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the hospitals' configs have in common.

    Attributes:
        reference: who is on the reference system's wire, with everybody.
    """

    parties: Sequence[str]
    on_peer_failure: OnPeerFailure = "peer"
    give_up: int = GIVE_UP
    security: Security = MUTUAL_TLS
    reference: frozenset[str] = frozenset()

    def on_reference(self, party: str, other: str) -> bool:
        """Whether these two meet on the reference wire, for which it takes one of them."""
        return not self.reference.isdisjoint((party, other))

    def equip(self, folder: Path) -> Fingerprints:
        """Write what the configs name, once; returns what hospitals show to each other.

        Raises:
            OSError: a file is there already, or cannot be written.
        """
        return self.security.equip(self.parties, folder)

    def write(self, folder: Path) -> dict[str, Path]:
        """Write all configs, with ports that are free now; returns the files by party.

        Raises:
            OSError: a file cannot be written.
        """
        count = len(self.parties)
        ports = free_ports(2 * count if self.reference else count)
        addresses = self._addresses(ports[:count])
        second = self._addresses(ports[count:]) if self.reference else {}
        files = {party: folder / f"{party}.toml" for party in self.parties}
        for party, file in files.items():
            file.write_text(self._config(party, addresses, second), "utf-8")
        return files

    def _addresses(self, ports: Sequence[int]) -> dict[str, str]:
        return {party: f"{HOST}:{port}" for party, port in zip(self.parties, ports, strict=True)}

    def _config(self, party: str, addresses: Mapping[str, str], second: Mapping[str, str]) -> str:
        own = _CONFIG.format(
            party=party,
            plugin=self.security.plugin,
            address=addresses[party],
            second=f'reference_listen = "{second[party]}"\n' if second else "",
            transport=self.security.transport.format(party=party),
            tables=self.security.tables(party),
            on_peer_failure=self.on_peer_failure,
            give_up=self.give_up,
            limits=self.security.limits,
        )
        peers = (
            self._peer(other, second[other], 'wire = "reference"\n')
            if self.on_reference(party, other)
            else self._peer(other, addresses[other])
            for other in self.parties
            if other != party
        )
        return own + "".join(peers)

    def _peer(self, party: str, address: str, wire: str = "") -> str:
        return (_PEER + wire + self.security.peer).format(party=party, address=address)


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has now, all different."""
    tried = SystemRandom().sample(PORTS, len(PORTS))
    return list(islice(filter(_is_free, tried), count))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind((HOST, port))
        except OSError:
            return False
    return True
