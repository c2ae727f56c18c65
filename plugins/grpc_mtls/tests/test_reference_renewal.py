"""Certificates that are renewed or expire while peers call each other on the reference wire."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from ssl import PEM_cert_to_DER_cert
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio import to_thread

from partywire import Surroundings, open_node
from partywire.errors import NotReady, PeerRefused
from partywire.node.visitor import Visitor
from partywire.session.lifetimes import background
from partywire.testing.door import Arrivals
from partywire_grpc_mtls.mutual import MutualTls
from tests.certificates.wallet import Wallet
from tests.interaction.scenes import moment
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from partywire import Node, Session
    from partywire.delivery.records import Status
    from partywire.delivery.tags import Tag

PATIENCE = 60.0
NAMES = ("p1", "p2")
ROUNDS = 120
BURST = 20
DAY = 86_400.0
LONG = 40 * DAY
AHEAD = 40
"""Rounds; 32 are taken."""
LOOK = 30.0
"""Seconds after which a node looks at the wall clock, at the latest."""
LIMITS = {"retry_first": "5ms", "retry_longest": "50ms"}


class Hamlet:
    """Two parties that call each other, and whose certificates change.

    Attributes:
        later: by how much the wall clock of p1 is ahead, in seconds.
    """

    def __init__(self, folder: Path, *, own_cas: bool = False) -> None:
        self.wallet = Wallet(folder, own_cas)
        self.later = 0.0
        fast, single = (dict(zip(NAMES, free_ports(2), strict=True)) for _ in range(2))
        self.configs: dict[str, Any] = {}
        for party in NAMES:
            config = config_of(party, fast[party], single, self.wallet, limits=LIMITS)
            config["transport"]["reference_listen"] = f"127.0.0.1:{single[party]}"
            config["peer"][0]["wire"] = "reference"
            self.configs[party] = config

    @asynccontextmanager
    async def nodes(self) -> AsyncIterator[tuple[Node, Node]]:
        ahead = Surroundings(
            now=lambda: anyio.current_time() + self.later // LONG * LOOK,
            wall=lambda: time.time() + self.later,
        )
        async with (
            open_node(self.configs["p1"], surroundings=ahead) as p1,
            open_node(self.configs["p2"]) as p2,
        ):
            await p1.ready()
            await p2.ready()
            yield p1, p2

    async def renew(self, party: str, *nodes: Node) -> bytes:
        """Give a party a new certificate, of which these nodes learn in turn; return it."""
        await to_thread.run_sync(self.wallet.renew, party)
        for node in nodes:
            await node.reload()
        return PEM_cert_to_DER_cert(self.wallet.certificate(party).read_text())


@pytest.fixture(params=["own CAs", "certificates of both generations"])
def hamlet(request: pytest.FixtureRequest, tmp_path: Path) -> Hamlet:
    return Hamlet(tmp_path, own_cas=request.param == "own CAs")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Arrivals[bytes]:
    """What callers have shown, oldest first."""
    seen: Arrivals[bytes] = Arrivals()
    caller = MutualTls.caller

    def noted(self: MutualTls, other: Any) -> Any:
        evidence: Any = caller(self, other)
        seen.add(evidence.leaf)
        return evidence

    monkeypatch.setattr(MutualTls, "caller", noted)
    return seen


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Arrivals[Tag]:
    """Of what has come to a node, whatever became of it."""
    came: Arrivals[Tag] = Arrivals()
    take = Visitor.take

    async def noted(self: Visitor, tag: Tag, payload: bytes) -> Status:
        came.add(tag)
        return await take(self, tag, payload)

    monkeypatch.setattr(Visitor, "take", noted)
    return came


async def test_nothing_is_lost_while_both_renew_all_the_time(
    hamlet: Hamlet, shown: Arrivals[bytes]
) -> None:
    """Whoever renews takes it over last, as one that cannot announce it has to."""
    renewed = [anyio.Event() for _ in range(ROUNDS // BURST)]
    newest: dict[str, bytes] = {}

    async def renew(p1: Node, p2: Node) -> None:
        for event in renewed:
            newest["p1"] = await hamlet.renew("p1", p2, p1)
            newest["p2"] = await hamlet.renew("p2", p1, p2)
            event.set()

    with anyio.fail_after(PATIENCE):
        async with hamlet.nodes() as (p1, p2), AsyncExitStack() as stack:
            came: dict[str, list[bytes]] = {"p1": [], "p2": []}
            async with background() as renewing, anyio.create_task_group() as playing:
                renewing.start_soon(renew, p1, p2)
                for node, other in ((p1, "p2"), (p2, "p1")):
                    session = await stack.enter_async_context(node.session(1))
                    playing.start_soon(play, session, renewed, came[other])
            for party, values in came.items():
                assert values == [b"%d of %s" % (each, party.encode()) for each in range(ROUNDS)]
            for certificate in newest.values():
                await shown.wait_until(certificate.__eq__)


async def play(session: Session, renewed: Sequence[anyio.Event], came: list[bytes]) -> None:
    """Exchange round by round, and wait for a renewal after each burst."""
    other = session.peers[0]
    for number in range(ROUNDS):
        said = b"%d of %s" % (number, session.party.encode())
        came.append((await session.exchange({other: said}))[other])
        session.next_round()
        if number % BURST == BURST - 1:
            await renewed[number // BURST].wait()


async def test_who_renews_an_expired_certificate_is_called_again_and_nothing_was_lost(
    tmp_path: Path,
) -> None:
    async with expiring(tmp_path) as (hamlet, (p1, p2), (here, there)):
        await expires(hamlet, p1)
        here.next_round()
        await here.send("p2", b"kept until it is renewed")
        await hamlet.renew("p2", p1, p2)
        assert await there.receive("p1") == b"kept until it is renewed"
        await there.send("p1", b"by the new one")
        assert await here.receive("p2") == b"by the new one"


async def test_who_calls_by_an_expired_certificate_is_refused_and_learns_it(
    tmp_path: Path, taken: Arrivals[Tag]
) -> None:
    """At once, and also where its value waits for room meanwhile."""
    async with expiring(tmp_path) as (hamlet, (p1, p2), (_, there)):
        async with p2.session(2) as quiet:
            for _ in range(AHEAD):
                there.next_round()
            await there.send("p1", b"too early, so it waits")
            await taken.wait_until(lambda tag: tag.round == AHEAD + 1)
            await expires(hamlet, p1)
            await quiet.send("p1", b"by the old one")
            for session in (there, quiet):
                with pytest.raises(PeerRefused, match="refused our identity"):
                    await session.receive("p1")
        await hamlet.renew("p2", p1, p2)
        async with p1.session(3) as one, p2.session(3) as other:
            await other.send("p1", b"by the new one")
            assert await one.receive("p2") == b"by the new one"


@asynccontextmanager
async def expiring(
    folder: Path,
) -> AsyncIterator[tuple[Hamlet, tuple[Node, Node], Sequence[Session]]]:
    """A session of two, of whom p2 has a certificate for a month."""
    hamlet = await to_thread.run_sync(Hamlet, folder)
    await to_thread.run_sync(partial(hamlet.wallet.renew, "p2", lifetime=30 * DAY))
    with anyio.fail_after(PATIENCE):
        async with hamlet.nodes() as (p1, p2):
            async with p1.session(1) as here, p2.session(1) as there:
                await there.send("p1", b"before")
                assert await here.receive("p2") == b"before"
                there.next_round()
                yield hamlet, (p1, p2), (here, there)


async def expires(hamlet: Hamlet, p1: Node) -> None:
    """Let a month pass for p1, and wait until it calls p2 no more."""
    hamlet.later = LONG
    p1._engine._table.agenda.soon(lambda: None)
    while True:
        try:
            await p1.ready(timeout=0)
        except NotReady as error:
            if "out of date" in error.missing["p2"] or "expired" in error.missing["p2"]:
                return
        await moment()
