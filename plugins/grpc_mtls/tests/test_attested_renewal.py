"""Nodes go from one certificate of their attesters to the next."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio import to_thread

from partywire.errors import NotReady
from partywire.node.bell import Bell
from partywire.session.lifetimes import background
from partywire_grpc.certificates.reading import read_leaf
from partywire_grpc.connections import Connections
from partywire_grpc_mtls import attested, standing
from tests.attested_town import NAMES, PATIENCE, Seen, Town, talk
from tests.certificates.building import make
from tests.interaction.scenes import moment

from .traffic import all_arrives, together

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from partywire import Node

MESSAGES = 1_200
LIFETIME = 6.0
"""Seconds; certificates know whole ones."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    return Seen(monkeypatch)


async def test_a_proof_covers_what_both_have_shown_across_renewals(
    tmp_path: Path, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("p1", "p2")
    town = await to_thread.run_sync(partial(Town, tmp_path, None, names, bound=True))
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            for number in range(3):
                await talk(nodes["p1"], nodes["p2"], number)
                for maker in town.forge.makers.values():
                    await seen.called_by(maker.renew().der)
            await talk(nodes["p1"], nodes["p2"])
            for node in nodes.values():
                await node.ready()
    assert "HAS EXPIRED" not in caplog.text


async def test_connections_stand_for_a_while_beside_those_by_the_next_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, kept = Seen(monkeypatch, overlap=3600.0), Kept(monkeypatch)
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    maker = town.forge.makers["p1"]
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            calls = len(seen.callers)
            await kept.beside(maker.renew().der)
            await talk(nodes["p1"], nodes["p2"], 1)
            assert len(seen.callers) == calls
            monkeypatch.setattr(standing, "OVERLAP", 0.0)
            await seen.called_by(maker.renew().der)
            await talk(nodes["p1"], nodes["p2"], 2)


class Kept:
    """Which certificates nodes let their connections show."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._newest: Collection[bytes] = ()
        self._news = anyio.Event()
        keep = Connections.keep

        def noted(connections: Connections, shown: Collection[bytes], reason: str) -> None:
            keep(connections, shown, reason)
            self._newest = shown
            self._news.set()
            self._news = anyio.Event()

        monkeypatch.setattr(Connections, "keep", noted)

    async def beside(self, leaf: bytes) -> None:
        """Wait until a node lets connections show that certificate, and the one before it."""
        while len(self._newest) != 2 or sha256(leaf).digest() not in self._newest:
            await self._news.wait()


async def test_thousands_of_messages_pass_while_certificates_live_for_seconds(
    tmp_path: Path, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, NAMES, LIFETIME))
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes, together(nodes.values()) as sessions:
            renewals = Renewals(town, seen)
            async with background() as renewing:
                renewing.start_soon(renewals.run)
                await all_arrives(sessions, MESSAGES, renewals.renewed)
                await renewals.outlived.wait()
            await renewals.renew_all()
            for node in nodes.values():
                await node.ready()
    assert not seen.expired
    assert renewals.count >= 4
    assert "refuses our next certificate" not in caplog.text
    assert "HAS EXPIRED" not in caplog.text


class Renewals:
    """Everybody gets a new certificate, again and again, until the first ones have long ended."""

    def __init__(self, town: Town, seen: Seen) -> None:
        self._makers = town.forge.makers
        self._seen = seen
        self._end = time() + LIFETIME + 1
        self.count = 0
        self.renewed = Bell()
        self.outlived = anyio.Event()

    async def run(self) -> None:
        while True:
            await self.renew_all()
            if time() > self._end:
                self.outlived.set()

    async def renew_all(self) -> None:
        """Renew everybody's certificate, and wait until somebody was called by each of them."""
        for made in [maker.renew() for maker in self._makers.values()]:
            await self._seen.called_by(made.der)
        self.count += 1
        self.renewed.ring()


async def test_an_attester_that_fails_ends_nothing_and_is_asked_again(
    tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(attested, "LONGEST", 0.5)
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    maker = town.forge.makers["p1"]
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            maker.fault = RuntimeError("the device is gone, with its secret")
            maker.renew()
            await maker.until_asked(maker.asked + 2)
            assert "gives no new certificate: it failed with RuntimeError; the one" in caplog.text
            assert "secret" not in caplog.text
            await talk(nodes["p1"], nodes["p2"], 1)
            maker.fault = None
            await seen.called_by(maker.made[-1].der)
            caplog.clear()
            maker.show(make("mallory", now=time()))
            await maker.until_asked(maker.asked + 2)
            assert 'the certificate is of "mallory"; the one before it stays' in caplog.text
            await talk(nodes["p1"], nodes["p2"], 2)
            await seen.called_by(maker.renew().der)
            await talk(nodes["p1"], nodes["p2"], 3)


async def test_a_certificate_that_expired_is_shown_to_nobody(
    tmp_path: Path, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2"), 3600.0))
    town.forge.makers["p1"].lifetime = 5.0
    short = town.forge.makers["p1"].renew()
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            assert "this node's own certificate has expired" in await lost(nodes["p1"])
            assert "THE CERTIFICATE OF THIS NODE, p1, HAS EXPIRED" in caplog.text
            await lost(nodes["p2"])
            town.forge.makers["p1"].lifetime = 3600.0
            await seen.called_by(town.forge.makers["p1"].renew().der)
            await nodes["p1"].ready()
            await talk(nodes["p1"], nodes["p2"])
    end = read_leaf(short.der, "p1").not_after
    assert end < time()
    assert not [each for each in seen.expired if each in seen.callers]


async def lost(node: Node) -> str:
    """Wait until a node reaches nobody and is called by nobody, and return why."""
    while True:
        try:
            await node.ready(timeout=0)
        except NotReady as problem:
            if "we do not reach it" in str(problem) and "expired" in str(problem):
                return str(problem)
        await moment()


async def test_a_reload_leaves_what_the_attester_has_made(tmp_path: Path, seen: Seen) -> None:
    town = await to_thread.run_sync(Town, tmp_path)
    p3 = town.configs["p1"]["peer"].pop()
    with anyio.fail_after(PATIENCE):
        async with town.node("p1") as p1, town.node("p2") as p2, town.node("p3") as p3_node:
            await p1.ready()
            made = town.forge.makers["p1"].renew()
            await seen.called_by(made.der)
            asked = town.forge.makers["p1"].asked
            town.configs["p1"]["peer"].append(p3)
            await p1.reload(town.configs["p1"])
            await talk(p1, p3_node, 1)
            await talk(p1, p2, 2)
            assert town.forge.makers["p1"].asked == asked
            await seen.called_by(town.forge.makers["p1"].renew().der)
            await talk(p1, p3_node, 3)
