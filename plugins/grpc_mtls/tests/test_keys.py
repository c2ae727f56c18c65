"""The kinds of keys that a party may have work at both ends, over real sockets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from partywire import open_node
from tests.certificates.building import Held, make
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from partywire_grpc.certificates.keys import OwnKey

KEYS: Mapping[str, OwnKey] = {
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "RSA 2048": rsa.generate_private_key(65537, 2048),
    "RSA 4096": rsa.generate_private_key(65537, 4096),
}


class OfKinds:
    """Mutual TLS by certificates whose files are written when asked for."""

    def __init__(self, folder: Path, **held: Held) -> None:
        self.folder = folder
        for party, each in held.items():
            (folder / f"{party}.crt").write_bytes(each.pem)
            (folder / f"{party}.key").touch(0o600)
            (folder / f"{party}.key").write_bytes(each.key_pem)

    def transport(self, party: str) -> dict[str, Any]:
        key = str(self.folder / f"{party}.key")
        return {"plugin": "grpc-mtls", "private_key": key, **self.peer(party)}

    def peer(self, party: str) -> dict[str, Any]:
        return {"certificate": str(self.folder / f"{party}.crt")}

    def tables(self) -> Mapping[str, Any]:
        return {"verifier": [{"plugin": "x509"}]}


@pytest.mark.parametrize("kind", KEYS)
async def test_a_key_of_that_kind_is_shown_and_pinned(kind: str, tmp_path: Path) -> None:
    now = time.time()
    alice, bob = make("alice", now=now, key=KEYS[kind]), make("bob", now=now)
    security = OfKinds(tmp_path, alice=alice, bob=bob)
    ports = dict(zip(("alice", "bob"), free_ports(2), strict=True))
    with anyio.fail_after(30):
        async with (
            open_node(config_of("alice", ports["alice"], ports, security)) as here,
            open_node(config_of("bob", ports["bob"], ports, security)) as there,
            here.session("keys") as mine,
            there.session("keys") as theirs,
        ):
            await mine.send("bob", b"one way")
            await theirs.send("alice", b"and back")
            assert await theirs.receive("alice") == b"one way"
            assert await mine.receive("bob") == b"and back"
