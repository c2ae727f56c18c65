"""Bob is who he says, and runs what he says, and proves something else on the connection."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest

from partywire import open_node
from partywire.delivery.challenge import Slot
from partywire.errors import NotReady
from partywire.node.introduction import Introduction
from partywire.session.lifetimes import background
from tests.hostile.attested.estate import Estate, built
from tests.hostile.attested.liars import BOB, LIES, lying, nothing, truth
from tests.hostile.tls.village import HONEST, LIMITS, village
from tests.interaction.scenes import moment, until
from tests.loopback import config_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from partywire import Node
    from partywire.node.counterpart import Counterpart
    from tests.hostile.tls.village import Village

PATIENCE: Final = 20.0
UNHURRIED: Final[dict[str, Any]] = {**LIMITS, "proof_burst": 1000}
"""Alice gives as many proofs as she is asked for; `test_floods` has her usual pace."""


@pytest.fixture(scope="module")
def estate(private: Path) -> Estate:
    return built(private, level="bound")


@pytest.fixture(scope="module")
async def there(
    anyio_backend: object, estate: Estate, every_refusal: None
) -> AsyncIterator[Village]:
    async with village(estate, limits=UNHURRIED) as there:
        yield there


def node_of_bob(there: Village, estate: Estate) -> AbstractAsyncContextManager[Node]:
    config = config_of(
        BOB, there.ports[BOB], there.ports, estate, limits=UNHURRIED, **estate.own(BOB)
    )
    return open_node(config)


async def test_bob_is_let_in_where_he_tells_the_truth(
    there: Village, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the others are refused for their lies."""
    lying(monkeypatch, estate, truth)
    with anyio.fail_after(PATIENCE):
        async with node_of_bob(there, estate) as bob:
            await bob.ready(peers=HONEST)
            for honest in there.nodes.values():
                await honest.ready(peers=[BOB])
            await there.goes_on()


@pytest.mark.parametrize("name", LIES)
async def test_a_proof_of_something_else_is_refused_at_both_ends(
    name: str,
    there: Village,
    estate: Estate,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lie, words = LIES[name]
    lying(monkeypatch, estate, lie)
    await refused(words, there, estate, caplog)


async def test_a_challenge_of_31_bytes_is_refused_at_both_ends(
    there: Village,
    estate: Estate,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    usual = Introduction.slot

    def short(node: Introduction, there: Counterpart, *, asked: bool) -> Slot | None:
        slot = usual(node, there, asked=asked)
        if slot is None or node.party != BOB:
            return slot
        return Slot(slot.wanted, slot.challenge[:31])

    monkeypatch.setattr(Introduction, "slot", short)
    lying(monkeypatch, estate, nothing)
    await refused("cut short", there, estate, caplog)


async def refused(
    words: str, there: Village, estate: Estate, caplog: pytest.LogCaptureFixture
) -> None:
    """Have bob refused in these words, where he is dialled and where he calls; he reads a code."""
    caplog.set_level(logging.WARNING, "partywire")
    caplog.clear()
    with anyio.fail_after(PATIENCE):
        async with node_of_bob(there, estate) as bob, background() as group:
            group.start_soon(bob.ready)
            await there.link(BOB, words)
            await until(lambda: bool(said(caplog, rf"^ended a connection of bob: .*{words}")))
            await there.goes_on()
            told = await what_he_reads(bob)
            assert not re.search(words, told)
            for honest in there.nodes.values():
                with pytest.raises(NotReady):
                    await honest.ready(peers=[BOB], timeout=0)
    assert all(line.isprintable() for line in caplog.messages)


def said(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [line for line in caplog.messages if re.search(words, line)]


async def what_he_reads(bob: Node) -> str:
    """What bob's node knows of why it is not let in, once it was refused."""
    while True:
        try:
            await bob.ready(peers=HONEST, timeout=0)
        except NotReady as problem:
            if all("not reached yet" not in why for why in problem.missing.values()):
                return str(problem)
        await moment()
