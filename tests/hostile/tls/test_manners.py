"""Old TLS, plain text, resumed sessions, no certificate, false names: both ways, in words."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final

import anyio
import attrs
import grpc
import grpc.aio
import pytest
from anyio import to_thread
from grpc.experimental import session_cache

from partywire import open_node
from partywire.delivery.ids import session_id
from partywire.delivery.records import Batch, Receipt, Record, Segment, Status
from partywire.errors import NotReady
from partywire_grpc.bridge import opened_bridge
from partywire_grpc.frames import decode_frame, encode_batch_frame
from partywire_grpc.service import _PATH, PARTY
from tests.certificates.contexts import client_context, server_context
from tests.hostile.port.http2 import HOST, SETTINGS, data, frame, message, raider
from tests.hostile.port.manners import greeted, says
from tests.hostile.tls.village import HANDSHAKE, Mask, outcome
from tests.interaction.scenes import until
from tests.loopback import config_of

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from tests.certificates.town import Town
    from tests.hostile.port.http2 import Raider
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


async def test_a_call_in_a_resumed_session_is_refused(
    there: Village, place: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """A client of gRPC with a cache of sessions comes back with a ticket: good for TLS, no more."""
    bob, alice = place.own["bob"], place.own["alice"]
    cache = session_cache.ssl_session_cache_lru(4)  # type: ignore[no-untyped-call]
    credentials = grpc.ssl_channel_credentials(alice.pem, bob.key_pem, bob.pem)
    options = (
        ("grpc.ssl_session_cache", cache),
        ("grpc.ssl_target_name_override", "alice"),
        ("grpc.use_local_subchannel_pool", 1),
    )

    async def call() -> object:
        target = f"{HOST}:{there.ports['alice']}"
        async with grpc.aio.secure_channel(target, credentials, options) as channel:
            stream: Any = channel.stream_stream(_PATH)(metadata=((PARTY, "bob"),))
            shown = dict(await stream.initial_metadata())
            found: object = shown.get(PARTY) or await stream.code()
            stream.cancel()
            return found

    with anyio.fail_after(PATIENCE):
        async with opened_bridge() as bridge:
            assert await bridge.run(call) == "alice"
            assert await bridge.run(call) is grpc.StatusCode.UNAUTHENTICATED
        await there.goes_on()
    (said,) = caplog.messages
    assert "the TLS session was resumed, so nothing was proved" in said


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


async def test_messages_for_a_session_that_the_sender_is_not_in_are_refused(
    there: Village, place: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """Bob is who he says, and the session of the honest two is none of his."""
    context = await to_thread.run_sync(client_context, place.own["bob"])
    session = session_id("village")
    with anyio.fail_after(PATIENCE):
        async with raider(there.ports["alice"], context) as bob:
            batch = decode_frame(await greeted(bob, "bob"))
            assert isinstance(batch, Batch)
            for number in range(3):
                record = Record(0, 0, 6, b"forged")
                batch = attrs.evolve(batch, segments=[Segment(session, 0, number, [record])])
                await says(bob, encode_batch_frame(batch))
                receipt = await answer(bob)
                assert [flow.status for flow in receipt.flows] == [Status.NOT_MEMBER]
        await there.goes_on()
    (said,) = [line for line in caplog.messages if "no member" in line]
    assert (
        said == f"bob sends to session {session:032x}, of which it is no member here; it is refused"
    )


async def answer(mallory: Raider) -> Receipt:
    """Wait for the next receipt."""
    while not isinstance(content := decode_frame(await mallory.message()), Receipt):
        pass
    return content


async def test_a_compressed_message_is_refused(there: Village, place: Town) -> None:
    context = await to_thread.run_sync(client_context, place.own["bob"])
    with anyio.fail_after(PATIENCE):
        async with raider(there.ports["alice"], context) as bob:
            await bob.opens("bob", grpc_encoding="gzip")
            await bob.send(data(message(b"\x1f\x8b" + bytes(100), compressed=1)))
            assert await bob.status() in {UNIMPLEMENTED, INTERNAL}
        await there.goes_on()
