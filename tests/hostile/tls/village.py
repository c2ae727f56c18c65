"""An honest pair over mutual TLS that exchanges messages, and ports where impostors may stand."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import anyio
import attrs

from partywire import open_node
from partywire.errors import NotReady
from partywire.session.lifetimes import background
from partywire_grpc.certificates.files import write_private
from tests.certificates.contexts import Answering
from tests.hostile.port.http2 import BROKEN, HOST, raider
from tests.interaction.scenes import moment
from tests.loopback import Security, config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from anyio.abc import ByteStream, Listener, SocketStream, TaskGroup

    from partywire import Node, Session
    from tests.certificates.town import Town
    from tests.hostile.port.http2 import Raider

    Stand = Callable[[ByteStream], Awaitable[None]]

HONEST: Final = ("alice", "erin")
LIMITS: Final = {"retry_first": "1ms", "retry_longest": "20ms", "shutdown_grace": "10s"}
TERMS: Final[dict[str, Any]] = {
    "parties": list(HONEST),
    "labels": True,
    "timing": "asynchronous",
}
HANDSHAKE: Final = "handshake"
"""How a connection ends in which gRPC's server never came to HTTP/2."""


class Known(Security, Protocol):
    """What configs say of parties, beside addresses."""

    @property
    def peers(self) -> Mapping[str, Mapping[str, Any]]:
        """By party, what the others say of it."""

    def own(self, party: str) -> Mapping[str, Any]:
        """What a party's own config needs beside what those of all do."""


@attrs.frozen
class Papers:
    """What configs say of the parties of a town, whose files are in a folder."""

    folder: Path
    peers: Mapping[str, Mapping[str, Any]]

    def transport(self, party: str) -> dict[str, Any]:
        """A party's ``[transport]``, but for where it listens."""
        own = self.folder / f"{party}.own"
        key = str(own.with_suffix(".key"))
        return {"plugin": "grpc-mtls", "certificate": str(own), "private_key": key}

    def peer(self, party: str) -> dict[str, Any]:
        """What others say of a party, but for where it listens."""
        return dict(self.peers[party])

    def tables(self) -> Mapping[str, Any]:
        """What else a config needs."""
        return {"verifier": [{"plugin": "x509"}]}

    def own(self, party: str) -> Mapping[str, Any]:
        """What a party's own config needs beside."""
        return {}


def papers(town: Town, folder: Path) -> Papers:
    """Write what the parties of a town show, and what others know of them."""
    for party, held in town.own.items():
        own = folder / f"{party}.own"
        own.write_bytes(held.pem)
        write_private(own.with_suffix(".key"), held.key_pem)
    return Papers(folder, town.written(folder))


class Village:
    """What a test has in hand.

    Attributes:
        ports: where each party listens; nobody honest is at those of bob and others.
        nodes: of the honest.
    """

    def __init__(
        self, ports: Mapping[str, int], nodes: Mapping[str, Node], group: TaskGroup
    ) -> None:
        self._group = group
        self._stands: dict[str, Stand] = {}
        self.ports = ports
        self.nodes = nodes
        self.over = False
        self._rounds = 0
        self._news = anyio.Event()

    async def talk(self, alice: Session, erin: Session) -> None:
        """Exchange numbers between the honest two until it is over."""
        while not self.over:
            said = b"%d" % self._rounds
            await alice.send("erin", said, label=0)
            await erin.send("alice", await erin.receive("alice", label=0), label=0)
            assert await alice.receive("erin", label=0) == said
            self._rounds += 1
            self._news.set()
            self._news = anyio.Event()

    async def goes_on(self, rounds: int = 5) -> None:
        """Wait until the honest two have exchanged further."""
        goal = self._rounds + rounds
        while self._rounds < goal:
            await self._news.wait()

    @asynccontextmanager
    async def standing(self, party: str, stand: Stand) -> AsyncIterator[None]:
        """Attend to whoever comes to a party's port; afterwards everybody is hung up on.

        The port stays open: asyncio fails where a listener is closed as somebody comes.
        """
        known = party in self._stands
        self._stands[party] = stand
        if not known:
            port = self.ports[party]
            listener = await anyio.create_tcp_listener(local_host=HOST, local_port=port)
            self._group.start_soon(self._listen, party, listener)
        yield
        self._stands[party] = _hang_up

    async def _listen(self, party: str, listener: Listener[SocketStream]) -> None:
        async def attend(stream: ByteStream) -> None:
            async with stream:
                with suppress(*BROKEN):
                    await self._stands[party](stream)

        async with listener:
            await listener.serve(attend)

    async def link(self, party: str, words: str) -> str:
        """Wait until alice says why she has no connection to a party in words like these."""
        while True:
            try:
                await self.nodes["alice"].ready(peers=[party], timeout=0)
            except NotReady as error:
                if re.search(words, error.missing[party]):
                    return error.missing[party]
            await moment()

    async def called(self, context: ssl.SSLContext, party: str) -> int | str | None:
        """Call alice over TLS as somebody who says that it is that party; return how it ends."""
        try:
            async with raider(self.ports["alice"], context) as caller:
                return await outcome(caller, party)
        except (ssl.SSLError, *BROKEN):
            return HANDSHAKE


async def _hang_up(_: ByteStream) -> None:
    """Say nothing."""


async def outcome(caller: Raider, party: str) -> int | str | None:
    """Call, and return the status, or that the server never came to HTTP/2."""
    await caller.opens(party)
    try:
        await caller.frame()
    except BROKEN:
        return HANDSHAKE
    return await caller.status()


@asynccontextmanager
async def village(
    known: Known, limits: Mapping[str, object] = LIMITS, **rosters: Sequence[str]
) -> AsyncIterator[Village]:
    """Open it. The honest are connected, and exchange messages until the end.

    Each knows everybody, or those who are named.
    """
    ports = dict(zip(known.peers, free_ports(len(known.peers)), strict=True))
    configs = {
        party: config_of(
            party,
            ports[party],
            {other: ports[other] for other in rosters.get(party, ports)},
            known,
            limits=limits,
            **known.own(party),
        )
        for party in HONEST
    }
    async with (
        background() as ports_of_others,
        open_node(configs["alice"]) as alice,
        open_node(configs["erin"]) as erin,
        alice.session("village", **TERMS) as one,
        erin.session("village", **TERMS) as other,
        anyio.create_task_group() as group,
    ):
        there = Village(ports, {"alice": alice, "erin": erin}, ports_of_others)
        group.start_soon(there.talk, one, other)
        await there.goes_on()
        yield there
        await there.goes_on()
        there.over = True


class Mask:
    """A server that shows a certificate, and keeps what each caller has sent, as it came."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.came: list[bytes] = []

    async def stand(self, stream: ByteStream) -> None:
        """Take part in the handshake, as far as the caller does."""
        answering, place = Answering(self._context), len(self.came)
        self.came.append(b"")
        while True:
            piece = await stream.receive()
            self.came[place] += piece
            answer = answering.answer(piece)
            if answer:
                await stream.send(answer)
            if answering.over:
                return


def kinds(came: bytes) -> list[int]:
    """Which records of TLS these are: 22 of a handshake, 23 of what is encrypted."""
    found = []
    while len(came) >= 5:
        found.append(came[0])
        came = came[5 + int.from_bytes(came[3:5]) :]
    return found
