"""A node with a listener for each wire: who is let in, shown and withdrawn is so at both."""

from __future__ import annotations

from functools import partial
from time import time
from typing import TYPE_CHECKING, Final

import anyio
from anyio import to_thread
from cryptography.hazmat.primitives.serialization import Encoding

from partywire_grpc.addresses import Address
from partywire_grpc.bridge import opened_bridge
from partywire_grpc.looking import leaf_at
from tests.certificates.building import make
from tests.certificates.contexts import client_context, server_context
from tests.hostile.port.http2 import BROKEN, HOST, raider
from tests.hostile.port.manners import greeted
from tests.hostile.tls.hamlet import admitted, refused
from tests.hostile.tls.village import Mask
from tests.interaction.scenes import until

if TYPE_CHECKING:
    import ssl

    from tests.hostile.tls.hamlet import Hamlet

PATIENCE: Final = 30.0
RENEWALS: Final = 3
LOOKED: Final = 2
"""Connections of who was looked at, let in, and is called."""


async def ends_a_handshake(port: int, context: ssl.SSLContext) -> bool:
    """Tell whether a server comes to HTTP/2 with whoever shows that certificate."""
    try:
        async with raider(port, context) as caller:
            await caller.opens("bob")
            await caller.frame()
    except BROKEN:
        return False
    return True


async def test_who_is_let_in_at_one_is_at_both_at_once_and_who_is_withdrawn_at_none(
    hamlet: Hamlet,
) -> None:
    """Each time without a second try, and however soon after the one before."""
    faces = [await to_thread.run_sync(partial(make, "bob", now=time())) for _ in range(4)]
    for face in faces:
        hamlet.know("bob", face.der)
    mask = Mask(await to_thread.run_sync(server_context, faces[0]))
    calls = [await to_thread.run_sync(client_context, face) for face in faces]
    ports = (hamlet.ports["alice"], hamlet.other_port)
    with anyio.fail_after(PATIENCE):
        async with hamlet.bob_stands(mask.stand), hamlet.node("alice") as alice:
            await refused(alice, "bob", "not reached yet")
            await until(lambda: len(mask.came) == LOOKED)
            for number, successor in enumerate(faces[1:]):
                async with raider(ports[0], calls[number]) as bob:
                    await greeted(bob, "bob")
                    assert await admitted(bob, successor)
                    for port in ports:
                        assert await ends_a_handshake(port, calls[number + 1])
            hamlet.pins.leaves["bob"].clear()
            await alice.reload()
            for port in ports:
                while await ends_a_handshake(port, calls[-1]):
                    pass


async def test_a_renewed_certificate_is_shown_at_both(hamlet: Hamlet) -> None:
    places = [Address(HOST, port) for port in (hamlet.ports["alice"], hamlet.other_port)]
    with anyio.fail_after(PATIENCE):
        async with hamlet.node("alice") as alice, opened_bridge() as bridge:
            for _ in range(RENEWALS):
                made = await to_thread.run_sync(hamlet.wallet.renew, "alice")
                await alice.reload()
                leaf = made.certificate.public_bytes(Encoding.DER)
                for place in places:
                    while await bridge.run(partial(leaf_at, place)) != leaf:
                        pass
