"""The verifier that alice has in a town."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from partywire_grpc_mtls.anchors import X509Peer
from partywire_grpc_mtls.x509 import X509Verifier

if TYPE_CHECKING:
    from tests.certificates.town import Town


def verifier_of(town: Town, folder: Path) -> X509Verifier:
    """Alice's, with everybody else as a peer, read from files."""
    keys = town.written(folder)
    peers = {
        party: X509Peer(Path(given["certificate"]), given["anchor"])
        for party, given in keys.items()
        if party != "alice"
    }
    return X509Verifier("alice", peers)
