"""Old TLS, plain text, resumed sessions, no certificate, false names: both ways, in words."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

import anyio
import pytest
from anyio import to_thread

from partywire import open_node
from partywire.errors import NotReady
from tests.certificates.contexts import client_context, server_context
from tests.hostile.port.http2 import HOST, PREFACE, SETTINGS, data, frame, message, raider
from tests.hostile.port.manners import greeted
from tests.hostile.tls.village import HANDSHAKE, Mask, outcome
from tests.interaction.scenes import until
from tests.loopback import config_of

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from tests.certificates.town import Town
    from tests.hostile.tls.village import Village

PATIENCE: Final = 20.0
UNAUTHENTICATED: Final = 16
UNIMPLEMENTED, INTERNAL = 12, 13


async def test_a_caller_without_a_certificate_does_not_get_through_the_handshake(
    there: Village,
) -> None:
    with anyio.fail_after(PATIENCE):
        assert await there.called(client_context(None), "bob") == HANDSHAKE
        await there.goes_on()


async def test_a_caller_with_tls_1_2_is_refused_at_its_call(
    there: Village, place: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """GRPC was imported first here; where it was not, no handshake ends (test_tls13.py)."""
    context = await to_thread.run_sync(client_context, place.own["bob"])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with anyio.fail_after(PATIENCE):
        assert await there.called(context, "bob") == UNAUTHENTICATED
        await there.goes_on()
    (said,) = caplog.messages
    assert "of bob refused: the handshake was not of TLS 1.3" in said


async def test_a_server_with_tls_1_2_is_told_of(there: Village, place: Town) -> None:
    context = await to_thread.run_sync(server_context, place.own["bob"])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with anyio.fail_after(PATIENCE):
        async with there.standing("bob", Mask(context).stand):
            await there.link("bob", r"speaks no TLS 1\.3")
            await there.goes_on()


async def test_a_caller_in_plain_text_gets_no_word(there: Village) -> None:
    with anyio.fail_after(PATIENCE):
        async with raider(there.ports["alice"]) as caller:
            assert await outcome(caller, "bob") == HANDSHAKE
        await there.goes_on()


async def test_a_server_in_plain_text_is_told_of(there: Village) -> None:
    async def speak(stream: ByteStream) -> None:
        await stream.send(frame(SETTINGS))
        await stream.receive()

    with anyio.fail_after(PATIENCE):
        async with there.standing("bob", speak):
            await there.link("bob", "speaks gRPC without TLS; is its transport grpc-insecure")
            await there.goes_on()


async def test_a_node_without_tls_and_one_with_it_say_so_to_their_people(there: Village) -> None:
    config = config_of("carol", there.ports["carol"], {"alice": there.ports["alice"]})
    with anyio.fail_after(PATIENCE):
        async with open_node(config) as carol:
            await there.link("carol", "speaks gRPC without TLS; is its transport grpc-insecure")
            with pytest.raises(NotReady) as caught:
                await carol.ready(timeout=0.5)
        await there.goes_on()
    assert "TLS" in caught.value.missing["alice"]


async def test_no_session_is_resumed(there: Village, place: Town) -> None:
    """A client that holds on to its context and comes back with a ticket shakes hands in full."""

    def twice() -> list[bool]:
        port, context = there.ports["alice"], client_context(place.own["bob"])
        found, session = [], None
        for _ in range(3):
            with (
                socket.create_connection((HOST, port), 5.0) as plain,
                context.wrap_socket(plain, session=session) as tls,
            ):
                tls.sendall(PREFACE + frame(SETTINGS))
                assert tls.recv(9)
                found.append(bool(tls.session_reused))
                session = tls.session
                assert session is not None
        return found

    with anyio.fail_after(PATIENCE):
        assert await to_thread.run_sync(twice) == [False] * 3
        await there.goes_on()


@pytest.mark.parametrize("said", ["erin", "mallory", ""])
async def test_whom_the_metadata_names_decides_nothing(
    said: str, there: Village, place: Town
) -> None:
    context = await to_thread.run_sync(client_context, place.own["bob"])
    peers = there.nodes["alice"]._engine._table.peers
    before = peers["erin"].callers
    with anyio.fail_after(PATIENCE):
        async with raider(there.ports["alice"], context) as bob:
            await greeted(bob, said)
            assert peers["bob"].callers == 1
            assert peers["erin"].callers == before
        await until(lambda: peers["bob"].callers == 0)
        await there.goes_on()


async def test_a_compressed_message_is_refused(there: Village, place: Town) -> None:
    context = await to_thread.run_sync(client_context, place.own["bob"])
    with anyio.fail_after(PATIENCE):
        async with raider(there.ports["alice"], context) as bob:
            await bob.opens("bob", grpc_encoding="gzip")
            await bob.send(data(message(b"\x1f\x8b" + bytes(100), compressed=1)))
            assert await bob.status() in {UNIMPLEMENTED, INTERNAL}
        await there.goes_on()
