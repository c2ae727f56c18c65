"""Parties whose certificates nobody has configured: the transport has to learn them."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio import to_thread
from cryptography.hazmat.primitives.serialization import Encoding

from partywire import open_node
from partywire.errors import NotReady
from partywire.session.lifetimes import background
from partywire_grpc.frames import BEAT, Succession, Successor, decode_frame, encode_successor
from tests.certificates.pins import Pins
from tests.certificates.wallet import Wallet
from tests.hostile.port.http2 import BROKEN, HOST
from tests.hostile.port.manners import says
from tests.hostile.tls.village import LIMITS
from tests.interaction.scenes import moment
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from anyio.abc import SocketStream

    from partywire import Node
    from tests.certificates.building import Held
    from tests.hostile.port.http2 import Raider

    Stand = Callable[[SocketStream], Any]

NAMES: Final = ("alice", "bob", "erin")


class Hamlet:
    """Alice and erin are honest, and bob is not. Their configs name no certificate at all.

    Attributes:
        ports: where each listens.
        other_port: where alice listens too, for the reference wire.
    """

    def __init__(self, folder: Path) -> None:
        self.wallet, self.pins = Wallet(folder), Pins()
        self.ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        (self.other_port,) = free_ports(1)
        for party in NAMES:
            self.renew(party)

    def renew(self, party: str) -> None:
        """Give a party another certificate; the verifier knows of it, and nobody else."""
        made = self.wallet.renew(party)
        self.know(party, made.certificate.public_bytes(Encoding.DER))

    def know(self, party: str, leaf: bytes) -> None:
        self.pins.leaves.setdefault(party, set()).add(leaf)

    def node(self, party: str) -> Any:
        config = config_of(party, self.ports[party], self.ports, self.wallet, limits=LIMITS)
        if party == "alice":
            config["transport"]["reference_listen"] = f"{HOST}:{self.other_port}"
        for peer in config["peer"]:
            del peer["certificate"]
        return open_node({**config, "verifier": [{"plugin": "pins"}]}, plugins=[self.pins])

    @asynccontextmanager
    async def bob_stands(self, stand: Stand) -> AsyncIterator[None]:
        """Whoever comes to bob's port is attended to so; to be left after those who come.

        Asyncio fails where a listener is closed as somebody comes.
        """

        async def attend(stream: SocketStream) -> None:
            async with stream:
                with suppress(*BROKEN):
                    await stand(stream)

        listener = await anyio.create_tcp_listener(local_host=HOST, local_port=self.ports["bob"])
        async with listener, background() as group:
            group.start_soon(listener.serve, attend)
            yield

    async def erin_comes_and_comes_again(self, alice: Node) -> None:
        """Each time by a certificate that alice has to let in first."""
        for life in range(2):
            async with self.node("erin") as erin:
                await talk(alice, erin, life)
            await to_thread.run_sync(self.renew, "erin")


async def talk(alice: Node, erin: Node, number: int) -> None:
    terms: Any = {"parties": ["alice", "erin"], "timing": "asynchronous"}
    async with alice.session(number, **terms) as here, erin.session(number, **terms) as there:
        await there.send("alice", b"let in")
        assert await here.receive("erin") == b"let in"
        await there.flush()


async def refused(node: Node, party: str, words: str) -> None:
    """Wait until a node says in these words why it has no connection to a party."""
    while True:
        try:
            await node.ready(peers=[party], timeout=0)
        except NotReady as error:
            if words in error.missing[party]:
                return
        await moment()


async def admitted(bob: Raider, successor: Held) -> bool:
    """Announce what bob shows next, and return the answer."""
    await says(bob, encode_successor(Successor(successor.der)))
    while (came := await bob.message()) == BEAT:
        pass
    answer = decode_frame(came)
    assert isinstance(answer, Succession)
    return answer.admitted
