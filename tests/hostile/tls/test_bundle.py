"""A peer whose certificates are odd, or always others: nobody else is kept out for it."""

from __future__ import annotations

from functools import partial
from itertools import cycle
from pathlib import Path
from threading import active_count
from time import time
from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest
from anyio import to_thread

from partywire_grpc.certificates.peers import MAX_GENERATIONS
from partywire_grpc_mtls import publishing
from partywire_grpc_mtls.publishing import Publisher
from tests.certificates.building import make
from tests.certificates.contexts import client_context, server_context
from tests.certificates.impostors import IMPOSTORS
from tests.hostile.port.http2 import raider
from tests.hostile.port.manners import greeted
from tests.hostile.tls.hamlet import admitted, refused, talk
from tests.hostile.tls.village import Mask
from tests.interaction.scenes import until

if TYPE_CHECKING:
    from anyio.abc import SocketStream

    from tests.certificates.building import Held
    from tests.certificates.town import Town
    from tests.hostile.tls.hamlet import Hamlet

PATIENCE: Final = 30.0
POISON: Final = "version 1 with extensions"
"""What makes gRPC drop all roots that follow."""
REFUSED: Final = "its certificate is none that gRPC takes"
FACES: Final = 40
LOOKED: Final = 2
"""Connections of who was looked at, let in, and is called."""
DESCRIPTORS: Final = Path("/dev/fd")


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
