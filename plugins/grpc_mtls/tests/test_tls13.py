"""TLS 1.2: switched off where this is imported before gRPC, and refused at a call otherwise."""

from __future__ import annotations

import json
import os
import ssl
import sys
from time import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread

from partywire_grpc.certificates.files import write_private
from tests.certificates.building import make
from tests.certificates.contexts import client_context
from tests.children import child
from tests.hostile.port.http2 import BROKEN, raider
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from pathlib import Path

    from tests.certificates.building import Held
    from tests.children import Child

PATIENCE = 50.0
UNAUTHENTICATED = 16
SAYS_SO = "so it still offers TLS 1.2"


class Files:
    """Alice's and bob's certificates in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.held = {party: make(party, now=time()) for party in ("alice", "bob")}
        for party, held in self.held.items():
            (folder / f"{party}.crt").write_bytes(held.pem)
            write_private(folder / f"{party}.key", held.key_pem)

    def transport(self, party: str) -> dict[str, Any]:
        key = str(self._folder / f"{party}.key")
        return {"plugin": "grpc-mtls", **self.peer(party), "private_key": key}

    def peer(self, party: str) -> dict[str, Any]:
        return {"certificate": str(self._folder / f"{party}.crt")}

    def tables(self) -> dict[str, Any]:
        return {"verifier": [{"plugin": "x509"}]}


def old(held: Held) -> ssl.SSLContext:
    context = client_context(held)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


async def until(alice: Child, words: str) -> str:
    """Wait until she says that, and return all that she said."""
    said = ""
    while words not in said:
        said += await alice.line()
    return said


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.mark.parametrize("first", ["partywire_grpc_mtls", "grpc"])
async def test_who_comes_with_tls_1_2_gets_nowhere(
    first: str, files: Files, anyio_backend_name: str
) -> None:
    port, elsewhere = free_ports(2)
    config = json.dumps(config_of("alice", port, {"bob": elsewhere}, files))
    given = await to_thread.run_sync(old, files.held["bob"])
    with anyio.fail_after(PATIENCE):
        async with child("tests.hostile.tls.importing", anyio_backend_name, first, config) as alice:
            said = await until(alice, "open")
            assert (SAYS_SO in said) == (first == "grpc")
            if first == "grpc":
                async with raider(port, given) as bob:
                    await bob.opens("bob")
                    assert await bob.status() == UNAUTHENTICATED
                await until(alice, "the handshake was not of TLS 1.3")
                return
            with pytest.raises((ssl.SSLError, *BROKEN)):
                async with raider(port, given):
                    pass


QUIET = """
import os, sys
import partywire_grpc_mtls
import grpc
print(os.environ["GRPC_VERBOSITY"])
"""


@pytest.mark.parametrize(("given", "used"), [({}, "ERROR"), ({"GRPC_VERBOSITY": "INFO"}, "INFO")])
async def test_grpcs_own_lines_are_left_to_errors_unless_somebody_wants_them(
    given: dict[str, str], used: str
) -> None:
    env = {name: text for name, text in os.environ.items() if name != "GRPC_VERBOSITY"} | given
    with anyio.fail_after(PATIENCE):
        ended = await anyio.run_process([sys.executable, "-c", QUIET], env=env)
    assert ended.stdout.decode().strip() == used
