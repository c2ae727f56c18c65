"""Parties with sound certificates of every kind, and what a config says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from tests.certificates.building import Held, authority, make

if TYPE_CHECKING:
    from pathlib import Path

REPLICA = "r1.dave.example"


@attrs.frozen
class Town:
    """What the parties hold at some time.

    Attributes:
        now: seconds since 1970 at which all of it is valid.
        own: by party, what it shows.
        authorities: by party, its CA where it has one; a config then has ``anchor = "ca"``.
    """

    now: float
    own: dict[str, Held]
    authorities: dict[str, Held]

    def written(self, folder: Path) -> dict[str, dict[str, Any]]:
        """Write what others configure of each party, and return its keys for ``[[peer]]``."""
        keys = {}
        for party, held in self.own.items():
            path = folder / f"{party}.crt"
            path.write_bytes(self.authorities.get(party, held).pem)
            anchor = "ca" if party in self.authorities else "configured"
            keys[party] = {"certificate": str(path), "anchor": anchor}
        return keys


def town(now: float) -> Town:
    """Alice, bob and erin with certificates of their own, carol with a CA, and dave's replica."""
    carols, daves = authority("carol", now), authority("dave.example", now)
    own = {name: make(name, now=now) for name in ("alice", "bob", "erin")}
    own["carol"] = make("carol", now=now, by=carols)
    own[REPLICA] = make(REPLICA, now=now, by=daves)
    return Town(now, own, {"carol": carols, REPLICA: daves})
