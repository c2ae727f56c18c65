"""Nodes whose certificates an attester makes: how they meet, and go from one to the next."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any

import anyio
import attrs
import pytest
from anyio import to_thread

from partywire import diagnose, open_node
from partywire.errors import ConfigInvalid, NotReady
from partywire.probing import Status
from partywire.session.lifetimes import background
from partywire_grpc.certificates.evidence import TlsEvidence
from partywire_grpc.certificates.reading import read_leaf
from partywire_grpc_mtls import attested
from partywire_grpc_mtls.mutual import MutualTls
from tests.certificates.building import make
from tests.certificates.forge import Forge
from tests.interaction.scenes import moment
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from partywire import Node, Session

PATIENCE = 30.0
NAMES = ("p1", "p2", "p3")
MESSAGES = 1_200
BURST = 100
LIMITS = {"retry_first": "5ms", "retry_longest": "50ms", "proof_pause": "10ms"}
LIFETIME = 6.0
"""Seconds; certificates know whole ones."""


class Town:
    """Parties whose certificates their attesters make."""

    def __init__(
        self,
        folder: Path,
        curve: str | None = None,
        names: tuple[str, ...] = NAMES,
        lifetime: float = 3600.0,
        *,
        bound: bool = False,
    ) -> None:
        self.names = names
        self.forge = Forge(folder, curve, bound)
        for party in names:
            self.forge.maker(party, lifetime)
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        timing = {"timing": "asynchronous"}
        self.configs: dict[str, Any] = {
            party: config_of(party, ports[party], ports, self.forge, session=timing, limits=LIMITS)
            for party in names
        }

    def node(self, party: str) -> Any:
        return open_node(self.configs[party], plugins=[self.forge])

    @asynccontextmanager
    async def nodes(self) -> AsyncIterator[dict[str, Node]]:
        async with AsyncExitStack() as stack:
            nodes = {
                party: await stack.enter_async_context(self.node(party)) for party in self.names
            }
            for node in nodes.values():
                await node.ready()
            yield nodes


class Seen:
    """What was shown at each connection, as its two ends have it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.callers: list[TlsEvidence] = []
        self.servers: list[TlsEvidence] = []
        self.expired: list[TlsEvidence] = []
        self._news = anyio.Event()
        caller, look = MutualTls.caller, MutualTls.look

        def noted(security: MutualTls, other: Any) -> Any:
            return self._note(self.callers, caller(security, other))

        async def looked(security: MutualTls, peer: str, address: Any) -> Any:
            approach = await look(security, peer, address)
            self._note(self.servers, approach.evidence)
            return approach

        monkeypatch.setattr(MutualTls, "caller", noted)
        monkeypatch.setattr(MutualTls, "look", looked)

    def _note(self, where: list[TlsEvidence], evidence: Any) -> Any:
        where.append(evidence)
        if read_leaf(evidence.leaf, "").not_after <= time():
            self.expired.append(evidence)
        if where is self.callers:
            self._news.set()
            self._news = anyio.Event()
        return evidence

    async def called_by(self, leaf: bytes) -> None:
        """Wait until somebody has called by that certificate."""
        while all(each.leaf != leaf for each in self.callers):
            await self._news.wait()

    @property
    def connections(self) -> tuple[set[tuple[bytes, bytes]], set[tuple[bytes, bytes]]]:
        """Of each, the digests of caller and server, as a server has them, and a caller."""
        return (
            {(each.digest, each.own) for each in self.callers},
            {(each.own, each.digest) for each in self.servers},
        )


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    return Seen(monkeypatch)


async def talk(one: Node, other: Node, number: int = 9) -> None:
    parties = [one.party, other.party]
    async with (
        one.session(number, parties=parties) as here,
        other.session(number, parties=parties) as there,
    ):
        await here.send(other.party, b"ping")
        assert await there.receive(one.party) == b"ping"
        await there.send(one.party, b"pong")
        assert await here.receive(other.party) == b"pong"


@pytest.mark.parametrize("curve", ["P-384", "secp256k1", None])
@pytest.mark.parametrize("names", [("p1", "p2"), ("p2", "p1")])
async def test_nobody_knows_a_certificate_in_advance(
    tmp_path: Path, curve: str | None, names: tuple[str, str]
) -> None:
    """By a CA that gRPC takes as a root, by one that it does not, and by none."""
    town = await to_thread.run_sync(partial(Town, tmp_path, curve, names))
    first, second = names
    with anyio.fail_after(PATIENCE):
        async with town.node(first) as one, background() as group:
            group.start_soon(one.ready)
            await anyio.wait_all_tasks_blocked()
            async with town.node(second) as other:
                await other.ready()
                await one.ready()
                await talk(one, other)


async def test_either_may_be_the_first_to_call(tmp_path: Path) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    for caller in range(2):
        with anyio.fail_after(PATIENCE):
            async with town.node("p1") as p1, town.node("p2") as p2:
                one, other = (p1, p2) if caller else (p2, p1)
                await talk(one, other)


async def test_each_end_has_what_both_have_shown(tmp_path: Path, seen: Seen) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes:
            await talk(nodes["p1"], nodes["p2"])
            at_servers, at_callers = seen.connections
            assert at_servers == at_callers
            assert len(at_servers) == 2
            made = town.forge.makers["p1"].renew()
            await seen.called_by(made.der)
            for node in nodes.values():
                await node.ready()
            at_servers, at_callers = seen.connections
            digest = TlsEvidence("", "", leaf=made.der).digest
            assert {pair for pair in at_servers if digest in pair} <= at_callers
            assert any(pair[0] == digest for pair in at_servers)


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


async def test_thousands_of_messages_pass_while_certificates_live_for_seconds(
    tmp_path: Path, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, NAMES, LIFETIME))
    came: dict[tuple[str, str], list[bytes]] = {}
    with anyio.fail_after(PATIENCE):
        async with town.nodes() as nodes, AsyncExitStack() as stack:
            sessions = [
                await stack.enter_async_context(node.session(7, labels=True))
                for node in nodes.values()
            ]
            renewals = Renewals(town, seen)
            async with background() as renewing:
                renewing.start_soon(renewals.run)
                async with anyio.create_task_group() as talking:
                    for session in sessions:
                        for peer in session.peers:
                            talking.start_soon(send_many, session, peer, renewals)
                            talking.start_soon(receive_many, session, peer, came)
                await renewals.outlived.wait()
            await renewals.renew_all()
            for node in nodes.values():
                await node.ready()
    assert len(came) == len(NAMES) * (len(NAMES) - 1)
    assert all(each == [b"%d" % number for number in range(MESSAGES)] for each in came.values())
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
        self.next = anyio.Event()
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
        self.next.set()
        self.next = anyio.Event()


async def send_many(session: Session, peer: str, renewals: Renewals) -> None:
    for number in range(MESSAGES):
        await session.send(peer, b"%d" % number, label=1)
        if number % BURST == BURST - 1:
            await renewals.next.wait()


async def receive_many(
    session: Session, peer: str, came: dict[tuple[str, str], list[bytes]]
) -> None:
    came[peer, session.party] = [await session.receive(peer, label=1) for _ in range(MESSAGES)]


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


@pytest.mark.parametrize(
    ("odd", "problem"),
    [
        ({"names": "mallory"}, 'the certificate is of "mallory"'),
        ({"end": -1.0}, "expired at"),
        ({"beside": True}, "holds 2 certificates"),
        ({"key": True}, "it is not the key of the certificate"),
    ],
)
async def test_a_first_certificate_of_no_use_opens_no_node(
    tmp_path: Path, odd: dict[str, Any], problem: str
) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    held = make(odd.get("names", "p1"), now=time(), end=odd.get("end", 60.0))
    if "beside" in odd:
        held = attrs.evolve(held, beside=(held.der,))
    if "key" in odd:
        held = attrs.evolve(held, key=make("p1", now=time()).key)
    town.forge.makers["p1"].show(held)
    with anyio.fail_after(PATIENCE), pytest.raises(ConfigInvalid, match=problem) as caught:
        async with town.node("p1"):
            pytest.fail("it opened")
    assert [mistake.key for mistake in caught.value.mistakes] == ["attester"]


async def test_an_attester_that_fails_at_first_opens_no_node(tmp_path: Path) -> None:
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    town.forge.makers["p1"].fault = RuntimeError("with a secret")
    with anyio.fail_after(PATIENCE), pytest.raises(ConfigInvalid) as caught:
        async with town.node("p1"):
            pytest.fail("it opened")
    assert "failed with RuntimeError" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_the_doctor_says_what_the_node_alone_can_know(tmp_path: Path) -> None:
    """Its attester gives it a certificate of its own, which no peer knows."""
    town = await to_thread.run_sync(partial(Town, tmp_path, None, ("p1", "p2")))
    beside = Forge(tmp_path)
    beside.maker("p1")
    beside.makers["p2"] = town.forge.makers["p2"]
    with anyio.fail_after(PATIENCE):
        async with town.nodes():
            found = await diagnose(town.configs["p1"], plugins=[beside])
        alone = await diagnose(town.configs["p1"], plugins=[beside])
    own, peer = (
        {each.check: each for each in findings} for findings in (found.own, found.peers["p2"])
    )
    assert own["listening"].status is Status.OK
    assert "whose certificate, of its attester, ends in 59 minutes" in own["listening"].said
    assert peer["identity"].status is Status.OK
    assert peer["own_certificate"].status is peer["hello"].status is Status.UNKNOWN
    assert "the attester of p1 gives its certificate to the node alone" in (
        peer["own_certificate"].said
    )
    assert not [each for each in (*own.values(), *peer.values()) if each.status is Status.WRONG]
    assert [each.check for each in alone.own] == ["listening"]
