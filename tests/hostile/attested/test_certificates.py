"""Every impostor over sockets: as a caller, and as the server that the honest dial."""

from __future__ import annotations

import logging
import re
from time import time
from typing import TYPE_CHECKING, Final

import anyio
import pytest
from anyio import to_thread

from partywire_nitro_attest.development.defects import CARRIED
from tests.certificates.building import make
from tests.certificates.contexts import Answering, client_context, server_context
from tests.hostile.attested.estate import LIFE
from tests.hostile.attested.impostors import IMPOSTORS
from tests.hostile.attested.theft import Stolen, stolen_at
from tests.hostile.tls.village import HANDSHAKE, HONEST, Mask, kinds

if TYPE_CHECKING:
    from anyio.abc import ByteStream

    from tests.certificates.building import Held
    from tests.hostile.attested.estate import Estate
    from tests.hostile.tls.village import Village

PATIENCE: Final = 20.0
UNAVAILABLE, UNAUTHENTICATED = 14, 16
HELLO, ENCRYPTED = 22, 23
"""Records of TLS: of who begins a handshake, and of who has seen the certificate and goes on."""


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [said for said in caplog.messages if said.startswith("refused a caller")]


@pytest.mark.parametrize("name", IMPOSTORS)
async def test_an_impostor_that_calls_is_refused_before_a_frame_is_read(
    name: str, there: Village, estate: Estate, caplog: pytest.LogCaptureFixture
) -> None:
    impostor = IMPOSTORS[name]
    context = await to_thread.run_sync(client_context, impostor.make(estate))
    caplog.clear()
    with anyio.fail_after(PATIENCE):
        ended = await there.called(context, impostor.party)
        await there.goes_on()
    if not impostor.fits:
        assert ended in (HANDSHAKE, UNAVAILABLE)
        return
    if not impostor.comes_to_the_door:
        assert ended == HANDSHAKE
        assert not refusals(caplog)
        return
    assert ended == UNAUTHENTICATED
    (said,) = refusals(caplog)
    assert re.search(impostor.refused, said)
    assert f" of {impostor.party} refused" in said
    assert said.isprintable()


@pytest.mark.parametrize("name", IMPOSTORS)
async def test_an_impostor_that_is_dialled_learns_nothing(
    name: str, there: Village, estate: Estate, caplog: pytest.LogCaptureFixture
) -> None:
    impostor = IMPOSTORS[name]
    await dialled(impostor.make(estate), impostor.party, impostor.refused, there, caplog)


async def dialled(
    shown: Held, party: str, refused: str, there: Village, caplog: pytest.LogCaptureFixture
) -> None:
    """Show that at a party's port until it was refused in those words, by all, and once by each."""
    mask = Mask(await to_thread.run_sync(server_context, shown))
    caplog.set_level(logging.INFO)
    with anyio.fail_after(PATIENCE):
        await there.link(party, "does not answer")
        caplog.clear()
        async with there.standing(party, mask.stand):
            await there.link(party, refused)
            await there.goes_on()
    assert {kind for came in mask.came for kind in kinds(came)} == {HELLO}
    told = [line for line in caplog.messages if re.search(refused, line)]
    assert 1 <= len(told) <= len(there.nodes), "each says it once"


@pytest.mark.parametrize("carrier", CARRIED)
@pytest.mark.parametrize("party", ["bob", "carol"])
async def test_whose_certificate_is_in_order_is_called(
    party: str, carrier: str, there: Village, estate: Estate
) -> None:
    """So that the others are refused for what is odd about them."""
    enclave = estate.enclave(party)
    shown = enclave.shows(carried=CARRIED[carrier](enclave.document()))
    with anyio.fail_after(PATIENCE):
        await called_at(party, shown, there)


async def called_at(party: str, shown: Held, there: Village) -> None:
    """Show that at a party's port until an honest one has ended a handshake with it."""
    context = await to_thread.run_sync(server_context, shown)
    ended = anyio.Event()

    async def stand(stream: ByteStream) -> None:
        answering = Answering(context)
        while ENCRYPTED not in kinds(came := await stream.receive()):
            await stream.send(answering.answer(came))
        ended.set()

    await there.link(party, "does not answer")
    async with there.standing(party, stand):
        await ended.wait()


@pytest.mark.parametrize("honest", HONEST)
async def test_a_stolen_certificate_is_of_no_use_to_a_caller(
    honest: str, there: Village, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of the very parties that are connected: the handshake proves who has the key."""
    with anyio.fail_after(PATIENCE):
        stolen = await stolen_at(there.ports[honest])
        context = await to_thread.run_sync(client_context, stolen)
        assert await there.called(context, honest) == HANDSHAKE
        await there.goes_on()
    assert not refusals(caplog)


@pytest.mark.parametrize("party", ["bob", "carol"])
async def test_a_stolen_certificate_is_of_no_use_to_a_server(
    party: str, there: Village, estate: Estate, caplog: pytest.LogCaptureFixture
) -> None:
    stolen = Stolen(estate.enclave(party).shows().der)
    await dialled(stolen, party, "broke off the TLS handshake: BAD_SIGNATURE", there, caplog)


@pytest.mark.parametrize("usages", [("digital_signature",), ("digital_signature", "key_cert_sign")])
@pytest.mark.parametrize("party", ["bob", "carol"])
async def test_a_child_of_an_attested_certificate_is_nobody(
    party: str,
    usages: tuple[str, ...],
    there: Village,
    estate: Estate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its parent is among the roots of the honest, and the document in it is its parent's."""
    parent = estate.enclave(party)
    document = parent.document()
    shown = parent.shows(document)
    with anyio.fail_after(PATIENCE):
        await called_at(party, shown, there)
        more = CARRIED["as it is"](document)
        child = make(party, now=time(), end=LIFE / 2, by=shown, more=more, usages=usages, ca=False)
        context = await to_thread.run_sync(client_context, child)
        caplog.clear()
        assert await there.called(context, party) == HANDSHAKE
        assert not refusals(caplog)
    why = "not signed by the configured CA itself" if party == "bob" else "not signed by its own"
    await dialled(child, party, why, there, caplog)
