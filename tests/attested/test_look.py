"""``partywire attestation show`` and ``verify`` at the port of a node, and of others."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread
from anyio.streams.tls import TLSListener
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from partywire import open_node
from partywire.session.lifetimes import background
from partywire_cli.main import main
from partywire_grpc import looking
from partywire_nitro_attest.development import DevelopmentModule, measured, new_root
from partywire_nitro_attest.development.defects.carriers import plain
from tests.certificates.building import make
from tests.certificates.contexts import server_context
from tests.hostile.port.http2 import BROKEN
from tests.loopback import config_of, free_ports

from .deployment import Deployment, pcrs_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from anyio.abc import ByteStream
    from click.testing import Result

    from tests.certificates.building import Held

PATIENCE = 60.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def run(command: str, port: int, *options: object) -> Result:
    """Run it beside the event loop of the node."""
    arguments = ["attestation", command, f"127.0.0.1:{port}", *map(str, options)]
    with anyio.fail_after(PATIENCE):
        return await to_thread.run_sync(partial(CliRunner().invoke, main, arguments))


async def at_bob(folder: Path, *calls: Callable[[int], Any], **changes: Any) -> list[Result]:
    """What comes of each while bob's node runs."""
    deployment = await to_thread.run_sync(partial(Deployment, folder, **changes))
    async with deployment.node("bob"):
        return [await call(deployment.ports["bob"]) for call in calls]


@asynccontextmanager
async def showing(held: Held) -> AsyncIterator[int]:
    """Somebody at a port who shows that, and says nothing."""
    (port,) = free_ports(1)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)

    async def hear(stream: ByteStream) -> None:
        with suppress(*BROKEN):
            await stream.receive()

    async with TLSListener(listener, server_context(held)) as over_tls, background() as group:
        group.start_soon(over_tls.serve, hear)
        yield port


@pytest.mark.anyio
async def test_the_document_of_a_server_is_shown(tmp_path: Path) -> None:
    (result,) = await at_bob(tmp_path, partial(run, "show"))
    assert result.exit_code == 0, result.output
    lines = dict(line.split("  ", 1) for line in result.stdout.splitlines() if "  " in line)
    found = {name: text.strip() for name, text in lines.items()}
    assert found["in certificate"].startswith("bob; ")
    assert found["its public key"] == "that of the certificate"
    assert found["PCR0"].startswith(pcrs_of("trusted")["pcr0"])
    assert "TLS has proved that whoever answers at 127.0.0.1:" in result.stdout
    assert "nothing else was verified: anybody can write such a document" in result.stdout


@pytest.mark.anyio
async def test_the_document_of_a_server_is_verified_with_its_key(tmp_path: Path) -> None:
    release = ",".join(pcrs_of("trusted").values())
    root = ("--development-root", tmp_path / "root.pem")
    trusting, refusing = await at_bob(
        tmp_path,
        lambda port: run("verify", port, "--release", release, *root, "--json"),
        lambda port: run("verify", port, *root),
    )
    assert trusting.exit_code == 0, trusting.output
    steps = {each["step"]: each for each in json.loads(trusting.stdout)["steps"]}
    assert steps["key"]["status"] == steps["carrier"]["status"] == "passed"
    assert "TLS has proved that whoever answers at 127.0.0.1:" in steps["key"]["said"]
    assert steps["nonce"]["status"] == "not checked"
    assert refusing.exit_code == 1
    assert "refused (release-unknown)" in refusing.stderr


@pytest.mark.anyio
async def test_a_document_of_another_key_is_told_and_refused(tmp_path: Path) -> None:
    """Somebody has put the document of another enclave into a certificate of its own."""
    now = time.time()
    root = new_root(now)
    (tmp_path / "root.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    document = DevelopmentModule(root, pcrs=measured("trusted")).attest(public_key=b"another")
    release = ",".join(pcrs_of("trusted").values())
    options = ("--release", release, "--development-root", tmp_path / "root.pem")
    async with showing(make("bob", now=now, end=3600.0, more=[plain(document)])) as port:
        shown, verified = await run("show", port), await run("verify", port, *options)
    (line,) = [each for each in shown.stdout.splitlines() if each.startswith("its public key")]
    assert line.endswith(" ANOTHER")
    assert verified.exit_code == 1
    assert "refused (key-other)" in verified.stderr


@pytest.mark.anyio
async def test_a_certificate_that_outlives_its_document_is_not_verified(tmp_path: Path) -> None:
    """Its document is sound and names its key; every node refuses it all the same."""
    now = time.time()
    root = new_root(now)
    (tmp_path / "root.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    key = ec.generate_private_key(ec.SECP256R1())
    named = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    document = DevelopmentModule(root, pcrs=measured("trusted")).attest(public_key=named)
    release = ",".join(pcrs_of("trusted").values())
    options = ("--release", release, "--development-root", tmp_path / "root.pem")
    async with showing(make("bob", now=now, key=key, more=[plain(document)])) as port:
        verified = await run("verify", port, *options)
    assert verified.exit_code == 1
    assert "after the one that signed its document" in verified.stderr


@pytest.mark.anyio
async def test_a_certificate_without_a_document_is_told() -> None:
    async with showing(make("bob", now=time.time())) as port:
        result = await run("show", port)
    assert result.exit_code == 1
    assert "carries no attestation document" in result.stderr


@pytest.mark.anyio
async def test_who_shows_no_certificate_is_told_in_words() -> None:
    nobody, plain = free_ports(2)
    async with open_node(config_of("bob", plain, {"alice": nobody})):
        answers = [await run("show", port) for port in (nobody, plain)]
    words = ("does not answer: Connection refused", "speaks gRPC without TLS")
    for result, word in zip(answers, words, strict=True):
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: 127.0.0.1:")
        assert word in result.stderr


@pytest.mark.anyio
async def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PATIENCE", 0.05)
    (port,) = free_ports(1)

    async def silent(stream: ByteStream) -> None:
        async with stream:
            await anyio.sleep_forever()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    async with listener, background() as group:
        group.start_soon(listener.serve, silent)
        result = await run("show", port)
    assert result.exit_code == 1
    assert "showed no certificate within" in result.stderr
