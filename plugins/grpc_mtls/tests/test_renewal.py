"""Certificates that are renewed while nodes run: announced, taken over, and nothing is lost."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from ssl import PEM_cert_to_DER_cert
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread
from cryptography.hazmat.primitives.serialization import Encoding

from partywire import open_node
from partywire.errors import ConfigInvalid
from partywire.node.bell import Bell
from partywire.session.lifetimes import background
from partywire_grpc.bridge import Bridge
from partywire_grpc_mtls.mutual import MutualTls
from tests.attested_town import talk
from tests.certificates.wallet import Wallet
from tests.loopback import config_of, free_ports

from .traffic import all_arrives, together

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from partywire import Node

PATIENCE = 60.0
NAMES = ("p1", "p2", "p3")
MESSAGES = 1_700
LIMITS = {"retry_first": "5ms", "retry_longest": "50ms"}


class Town:
    """Parties whose certificates change while their nodes are open."""

    def __init__(self, folder: Path, *, own_cas: bool) -> None:
        self.wallet = Wallet(folder, own_cas)
        ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        self.configs: dict[str, Any] = {
            party: config_of(
                party,
                ports[party],
                ports,
                self.wallet,
                session={"timing": "asynchronous"},
                limits=LIMITS,
            )
            for party in NAMES
        }

    @asynccontextmanager
    async def nodes(self) -> AsyncIterator[dict[str, Node]]:
        async with AsyncExitStack() as stack:
            nodes = {
                party: await stack.enter_async_context(open_node(config))
                for party, config in self.configs.items()
            }
            for node in nodes.values():
                await node.ready()
            yield nodes


@pytest.fixture(params=["own CAs", "certificates of both generations"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Town:
    return Town(tmp_path, own_cas=request.param == "own CAs")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What callers have shown, oldest first."""
    seen: list[bytes] = []
    caller = MutualTls.caller

    def noted(self: MutualTls, other: Any) -> Any:
        evidence: Any = caller(self, other)
        seen.append(evidence.leaf)
        return evidence

    monkeypatch.setattr(MutualTls, "caller", noted)
    return seen


async def test_a_renewed_certificate_is_shown_from_the_reload_on(
    town: Town, shown: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            for number in range(2):
                made = await to_thread.run_sync(town.wallet.renew, "p1")
                for party in ("p2", "p3", "p1"):
                    await nodes[party].reload()
                shown.clear()
                async with AsyncExitStack() as stack:
                    p1, p2, p3 = [
                        await stack.enter_async_context(nodes[party].session(number))
                        for party in NAMES
                    ]
                    await p1.send_to_all(b"by my new key")
                    assert await p2.receive("p1") == await p3.receive("p1") == b"by my new key"
                    await p2.send("p1", b"back")
                    assert await p1.receive("p2") == b"back"
                for node in nodes.values():
                    await node.ready()
                assert made.certificate.public_bytes(Encoding.DER) in shown
    assert "refuses our next certificate" not in caplog.text


async def test_peers_admit_a_successor_before_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admitted: list[bytes] = []
    admit = MutualTls.admit

    async def noted(self: MutualTls, party: str, evidence: Any) -> bool:
        new = await admit(self, party, evidence)
        admitted.append(evidence.leaf)
        return new

    town = await to_thread.run_sync(partial(Town, tmp_path, own_cas=True))
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            monkeypatch.setattr(MutualTls, "admit", noted)
            made = await to_thread.run_sync(town.wallet.renew, "p1")
            await nodes["p1"].reload()
            assert admitted == [made.certificate.public_bytes(Encoding.DER)] * 2


async def test_a_successor_whose_judgement_fails_unforeseen_ends_no_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_self: MutualTls, _party: str, _evidence: Any) -> bool:
        raise RuntimeError("can't start new thread")

    town = await to_thread.run_sync(partial(Town, tmp_path, own_cas=True))
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            with monkeypatch.context() as patched:
                patched.setattr(MutualTls, "admit", broken)
                await to_thread.run_sync(town.wallet.renew, "p1")
                await nodes["p1"].reload()
            assert "judging the next certificate of p1 failed" in caplog.text
            assert "p2 refuses our next certificate: send it to p2, who" in caplog.text
            await talk(nodes["p1"], nodes["p2"])


async def test_a_call_that_was_prepared_before_a_renewal_does_not_show_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[bytes]
) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, own_cas=True))
    looked, renewed, run = anyio.Event(), anyio.Event(), Bridge.run

    async def held(self: Bridge, work: Any) -> Any:
        approach = await run(self, work)
        if isinstance(work, partial) and work.args[:1] == ("p2",) and not looked.is_set():
            looked.set()
            await renewed.wait()
        return approach

    monkeypatch.setattr(Bridge, "run", held)
    with anyio.fail_after(PATIENCE):
        async with open_node(town.configs["p1"]) as p1, open_node(town.configs["p2"]) as p2:
            async with anyio.create_task_group() as group:
                group.start_soon(partial(p1.ready, peers=["p2"]))
                await looked.wait()
                made = await to_thread.run_sync(town.wallet.renew, "p1")
                await p1.reload()
                renewed.set()
                await p2.ready(peers=["p1"])
            assert set(shown) - {_leaf_of(town, "p2")} == {
                made.certificate.public_bytes(Encoding.DER)
            }


async def test_who_does_not_know_the_new_key_says_so_and_learns_it_by_a_reload(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, own_cas=False))
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            await to_thread.run_sync(town.wallet.renew, "p1")
            await nodes["p1"].reload()
            assert "p2 refuses our next certificate" in caplog.text
            assert "p3 refuses our next certificate" in caplog.text
            async with nodes["p1"].session(1) as here, nodes["p2"].session(1) as there:
                await here.send("p2", b"kept until it is known")
                await nodes["p2"].reload()
                assert await there.receive("p1") == b"kept until it is known"


async def test_a_wrong_certificate_is_refused_and_all_stays_as_it_was(town: Town) -> None:
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            certificate = town.wallet.certificate("p1")
            foreign = town.wallet.certificate("p2")
            await to_thread.run_sync(lambda: certificate.write_bytes(foreign.read_bytes()))
            with pytest.raises(ConfigInvalid, match="not the key of the certificate"):
                await nodes["p1"].reload()
            await talk(nodes["p1"], nodes["p2"])


async def test_ten_thousand_messages_pass_while_everybody_renews_all_the_time(
    town: Town, shown: list[bytes]
) -> None:
    assert len(NAMES) * (len(NAMES) - 1) * MESSAGES >= 10_000
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes, together(nodes.values()) as sessions:
            async with background() as renewing:
                renewals = Renewals(town, nodes)
                renewing.start_soon(renewals.run)
                await all_arrives(sessions, MESSAGES, renewals.renewed)
            shown.clear()
            newest = await renewals.renew_all()
            for node in nodes.values():
                await node.ready()
            assert newest <= set(shown)


def _leaf_of(town: Town, party: str) -> bytes:
    return PEM_cert_to_DER_cert(town.wallet.certificate(party).read_text())


class Renewals:
    """Everybody gets a new certificate, again and again, and all take it over."""

    def __init__(self, town: Town, nodes: dict[str, Node]) -> None:
        self._town = town
        self._nodes = nodes
        self.renewed = Bell()

    async def run(self) -> None:
        while True:
            await self.renew_all()

    async def renew_all(self) -> set[bytes]:
        """Renew every party's certificate once; return them."""
        made = set()
        for party in NAMES:
            fresh = await to_thread.run_sync(self._town.wallet.renew, party)
            made.add(fresh.certificate.public_bytes(Encoding.DER))
            for other in sorted(self._nodes, key=party.__eq__):
                await self._nodes[other].reload()
            self.renewed.ring()
        return made
