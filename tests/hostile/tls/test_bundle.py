"""A peer whose certificates are odd, or always others: nobody else is kept out for it."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from threading import active_count
from time import time
from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest
from anyio import to_thread
from cryptography.hazmat.primitives.serialization import Encoding

from partywire import open_node
from partywire.errors import NotReady
from partywire.session.lifetimes import background
from partywire_grpc.frames import BEAT, Succession, Successor, decode_frame, encode_successor
from partywire_grpc_mtls import publishing
from partywire_grpc_mtls.anchors import MAX_GENERATIONS
from partywire_grpc_mtls.publishing import Publisher
from tests.certificates.building import make
from tests.certificates.contexts import client_context, server_context
from tests.certificates.impostors import IMPOSTORS
from tests.certificates.pins import Pins
from tests.certificates.wallet import Wallet
from tests.hostile.port.http2 import BROKEN, HOST, raider
from tests.hostile.port.manners import greeted, says
from tests.hostile.tls.village import LIMITS, Mask
from tests.interaction.scenes import moment, until
from tests.loopback import config_of, free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import SocketStream

    from partywire import Node
    from tests.certificates.building import Held
    from tests.certificates.town import Town
    from tests.hostile.port.http2 import Raider

    Stand = Callable[[SocketStream], Any]

PATIENCE: Final = 30.0
NAMES: Final = ("alice", "bob", "erin")
POISON: Final = "version 1 with extensions"
"""What makes gRPC drop all roots that follow."""
REFUSED: Final = "its certificate is none that gRPC takes"
FACES: Final = 40
LOOKED: Final = 2
"""Connections of who was looked at, let in, and is called."""
DESCRIPTORS: Final = Path("/dev/fd")


class Hamlet:
    """Alice and erin are honest, and bob is not. Their configs name no certificate at all."""

    def __init__(self, folder: Path) -> None:
        self.wallet, self.pins = Wallet(folder), Pins()
        self.ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
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


@pytest.fixture
def hamlet(tmp_path: Path) -> Hamlet:
    return Hamlet(tmp_path)


@pytest.fixture
def poison(hamlet: Hamlet, place: Town) -> Held:
    """Which the verifier takes; so it is the transport that must not."""
    held = IMPOSTORS[POISON].make(place)
    hamlet.know("bob", held.der)
    return held


async def test_what_a_peer_shows_at_its_port_spoils_the_roots_for_nobody(
    hamlet: Hamlet, poison: Held
) -> None:
    mask = Mask(await to_thread.run_sync(server_context, poison))
    with anyio.fail_after(PATIENCE):
        async with hamlet.bob_stands(mask.stand), hamlet.node("alice") as alice:
            await refused(alice, "bob", REFUSED)
            await hamlet.erin_comes_and_comes_again(alice)
            await refused(alice, "bob", REFUSED)


async def test_what_a_peer_announces_spoils_the_roots_for_nobody(
    hamlet: Hamlet, poison: Held, place: Town
) -> None:
    sound = place.own["bob"]
    hamlet.know("bob", sound.der)
    mask = Mask(await to_thread.run_sync(server_context, sound))
    calls = await to_thread.run_sync(client_context, sound)
    with anyio.fail_after(PATIENCE):
        async with hamlet.bob_stands(mask.stand), hamlet.node("alice") as alice:
            await refused(alice, "bob", "not reached yet")
            await until(lambda: len(mask.came) == LOOKED)
            async with raider(hamlet.ports["alice"], calls) as bob:
                await greeted(bob, "bob")
                assert not await admitted(bob, poison)
                await hamlet.erin_comes_and_comes_again(alice)


async def admitted(bob: Raider, successor: Held) -> bool:
    """Announce what bob shows next, and return the answer."""
    await says(bob, encode_successor(Successor(successor.der)))
    while (came := await bob.message()) == BEAT:
        pass
    answer = decode_frame(came)
    assert isinstance(answer, Succession)
    return answer.admitted


async def test_whose_next_certificate_was_admitted_comes_in_by_it_at_once(hamlet: Hamlet) -> None:
    """Without a second try, and however soon after the one before."""
    faces = [await to_thread.run_sync(partial(make, "bob", now=time())) for _ in range(4)]
    for face in faces:
        hamlet.know("bob", face.der)
    mask = Mask(await to_thread.run_sync(server_context, faces[0]))
    calls = [await to_thread.run_sync(client_context, face) for face in faces]
    with anyio.fail_after(PATIENCE):
        async with hamlet.bob_stands(mask.stand), hamlet.node("alice") as alice:
            await refused(alice, "bob", "not reached yet")
            await until(lambda: len(mask.came) == LOOKED)
            for call, successor in zip(calls, faces[1:], strict=False):
                async with raider(hamlet.ports["alice"], call) as bob:
                    await greeted(bob, "bob")
                    assert await admitted(bob, successor)


class Faces:
    """A server that shows another certificate at each look; one after the other, over and over."""

    def __init__(self, faces: list[Held]) -> None:
        self._masks = cycle([Mask(server_context(face)) for face in faces])
        self.looks = 0

    def has_shown(self, faces: int) -> bool:
        return self.looks >= faces

    async def stand(self, stream: SocketStream) -> None:
        self.looks += 1
        await next(self._masks).stand(stream)


async def test_a_peer_that_shows_another_certificate_at_each_look_stays_small(
    hamlet: Hamlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As fast as it can: each certificate is one that alice lets in."""
    monkeypatch.setattr(publishing, "PAUSE", 0.01)
    monkeypatch.setattr(publishing, "HOLD", 0.08)
    offered: list[int] = []
    offer = Publisher.offer

    def noted(self: Publisher, served: Any) -> None:
        offered.append(len(served.roots.leaves.get("bob", ())))
        offer(self, served)

    monkeypatch.setattr(Publisher, "offer", noted)
    faces = [await to_thread.run_sync(lambda: make("bob", now=time())) for _ in range(FACES)]
    for face in faces:
        hamlet.know("bob", face.der)
    server = await to_thread.run_sync(Faces, faces)
    with anyio.fail_after(PATIENCE):
        async with (
            hamlet.bob_stands(server.stand),
            hamlet.node("alice") as alice,
            hamlet.node("erin") as erin,
        ):
            await talk(alice, erin, 0)
            found = []
            for looks in (FACES, 2 * FACES):
                await refused(alice, "bob", "andshake failed")
                await until(partial(server.has_shown, looks))
                found.append((active_count(), len(list(DESCRIPTORS.iterdir()))))
                await talk(alice, erin, looks)
    (threads, descriptors), (more_threads, more_descriptors) = found
    assert len(offered) > FACES / 2
    assert max(offered) == MAX_GENERATIONS
    assert more_threads <= threads + 2
    assert more_descriptors <= descriptors + 16
