"""Every impostor over sockets: as a caller, and as the server that an honest node dials."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

import anyio
import attrs
import pytest
from anyio import to_thread

from tests.certificates.building import make
from tests.certificates.contexts import client_context, server_context
from tests.certificates.impostors import IMPOSTORS
from tests.hostile.tls.village import HANDSHAKE, Mask, kinds, papers, village

if TYPE_CHECKING:
    from pathlib import Path

    from tests.certificates.town import Town
    from tests.hostile.tls.village import Papers, Village

PATIENCE: Final = 20.0
UNAUTHENTICATED: Final = 16
HELLO: Final = 22

_NOBODY: Final = "no such party in the roster"
_NAMELESS: Final = "of a nameless caller refused: it does not name exactly one party"
AT_THE_DOOR: Final = {
    "wrong CN": f"of mallory refused: {_NOBODY}",
    "two CNs": _NAMELESS,
    "one CN twice": _NAMELESS,
    "no CN": _NAMELESS,
    "upper case": f"of Carol refused: {_NOBODY}",
    "control characters": rf"of carol\\n\\x1b\[2J refused: {_NOBODY}",
    "NUL in the CN": rf"of carol\\x00\.example refused: {_NOBODY}",
    "another party's CA": 'issued by "carol", and not by bob',
    "a replica's CA under another label": 'issued by "dave.example", and not by carol',
    "a wildcard alone": r"lacks the DNS name r1\.dave\.example",
    "a wildcard as CN": rf"of \*\.dave\.example refused: {_NOBODY}",
}
"""Whose handshakes end in a root, so that they are refused at the first call; in which words."""
HERSELF: Final = "another party"
"""Erin, who is taken for bob by nobody: who calls with her certificate is she."""
CHILDREN: Final = {
    "child with CA:FALSE": UNAUTHENTICATED,
    "child without BasicConstraints": UNAUTHENTICATED,
    "child with CA:TRUE": UNAUTHENTICATED,
    "child through an intermediate": HANDSHAKE,
    "child of another party": HANDSHAKE,
}
"""How each fares where the pinned certificate does not say that it signs no others."""


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [said for said in caplog.messages if said.startswith("refused a caller")]


@pytest.mark.parametrize("name", [name for name in IMPOSTORS if name != HERSELF])
async def test_an_impostor_that_calls_is_refused_before_a_frame_is_read(
    name: str, there: Village, place: Town, caplog: pytest.LogCaptureFixture
) -> None:
    impostor = IMPOSTORS[name]
    context = await to_thread.run_sync(client_context, impostor.make(place))
    with anyio.fail_after(PATIENCE):
        ended = await there.called(context, impostor.party)
        await there.goes_on()
    if name not in AT_THE_DOOR:
        assert ended == HANDSHAKE
        assert not refusals(caplog)
        return
    assert ended == UNAUTHENTICATED
    (said,) = refusals(caplog)
    assert re.search(AT_THE_DOOR[name], said)
    assert said.isprintable()


@pytest.mark.parametrize("name", IMPOSTORS)
async def test_an_impostor_that_is_dialled_learns_nothing(
    name: str, there: Village, place: Town, caplog: pytest.LogCaptureFixture
) -> None:
    impostor = IMPOSTORS[name]
    context = await to_thread.run_sync(server_context, impostor.make(place))
    mask = Mask(context)
    caplog.set_level(logging.INFO)
    with anyio.fail_after(PATIENCE):
        await there.link(impostor.party, "does not answer")
        caplog.clear()
        async with there.standing(impostor.party, mask.stand):
            await there.link(impostor.party, impostor.refused)
            await there.goes_on()
    assert mask.came
    assert {kind for came in mask.came for kind in kinds(came)} == {HELLO}
    told = [line for line in caplog.messages if re.search(impostor.refused, line)]
    assert 1 <= len(told) <= len(there.nodes), "each says it once"


@pytest.fixture
def careless(place: Town) -> Town:
    """A town in which bob's own certificate does not say that it signs no others."""
    bob = make("bob", now=place.now, ca=None, usages=None)
    return attrs.evolve(place, own={**place.own, "bob": bob})


@pytest.fixture
def known_carelessly(careless: Town, tmp_path: Path) -> Papers:
    return papers(careless, tmp_path)


async def test_a_child_of_a_certificate_that_may_sign_finishes_a_handshake_and_is_refused(
    careless: Town,
    known_carelessly: Papers,
    every_refusal: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    found: dict[str, int | str | None] = {}
    with anyio.fail_after(PATIENCE):
        async with village(known_carelessly) as there:
            for name in CHILDREN:
                child = IMPOSTORS[name].make(careless)
                context = await to_thread.run_sync(client_context, child)
                caplog.clear()
                found[name] = await there.called(context, "bob")
                said = refusals(caplog)
                assert len(said) == (found[name] == UNAUTHENTICATED)
                assert all(re.search(IMPOSTORS[name].refused, line) for line in said)
                mask = Mask(await to_thread.run_sync(server_context, child))
                async with there.standing("bob", mask.stand):
                    await there.link("bob", IMPOSTORS[name].refused)
                assert {kind for came in mask.came for kind in kinds(came)} == {HELLO}
                await there.goes_on()
    assert found == CHILDREN
