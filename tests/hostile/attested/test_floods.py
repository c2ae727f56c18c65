"""Who asks for proofs again and again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import anyio
import attrs
import pytest
from anyio import to_thread

from partywire import open_node
from partywire.delivery.challenge import CHALLENGE, Slot, encode_slot
from partywire.delivery.limits import Limits
from partywire.node.prover import Prover
from partywire.session.lifetimes import background
from partywire_grpc.frames import Greeting, decode_frame, encode_greeting
from tests.attested_town import talk
from tests.certificates.contexts import client_context
from tests.hostile.attested.estate import built
from tests.hostile.port.http2 import BROKEN, raider
from tests.hostile.port.manners import FIRST, says
from tests.hostile.tls.village import LIMITS, village
from tests.interaction.scenes import until
from tests.loopback import config_of

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tests.hostile.attested.estate import Estate
    from tests.hostile.tls.village import Village

PATIENCE: Final = 40.0
CALLERS: Final = 6
"""More than the connections that one peer may have."""
CROWD: Final = 24
"""More than the connections in the name of one peer that may wait for the end of a hello."""


@pytest.fixture(scope="module")
def estate(private: Path) -> Estate:
    return built(private, level="bound")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[Prover, str]]:
    """How many proofs each node has begun, and for whom."""
    found: Counter[tuple[Prover, str]] = Counter()
    attest = Prover._attest

    async def counted(prover: Prover, peer: str, binding: bytes, shown: bytes) -> bytes:
        found[prover, peer] += 1
        return await attest(prover, peer, binding, shown)

    monkeypatch.setattr(Prover, "_attest", counted)
    return found


async def test_who_asks_for_proofs_without_end_keeps_nobody_from_theirs(
    estate: Estate, made: Counter[tuple[Prover, str]], every_refusal: None
) -> None:
    """Bob has a good certificate, asks for a proof on each of his connections, and gives none."""
    shown = await to_thread.run_sync(estate.enclave("bob").shows)
    context = await to_thread.run_sync(client_context, shown)
    calls = [0]
    with anyio.fail_after(PATIENCE):
        async with village(estate) as there, background() as flood:
            for _ in range(CALLERS):
                flood.start_soon(floods, there, context, calls)
            await until(lambda: calls[0] >= 5 * CALLERS)
            for _ in range(2):  # carol comes, and comes again, and is given proofs
                ports = there.ports
                config = config_of(
                    "carol", ports["carol"], ports, estate, limits=LIMITS, **estate.own("carol")
                )
                async with open_node(config) as carol:
                    await carol.ready(peers=["alice", "erin"])
                    await there.nodes["alice"].ready(peers=["carol"])
            await there.goes_on(20)
    assert total(made, "carol") >= 2
    assert total(made, "bob") == 0


@pytest.mark.parametrize(
    ("callers", "stay", "proof"), [(CALLERS, False, b""), (CROWD, True, b""), (2, True, b"false")]
)
async def test_who_has_the_key_of_a_certificate_of_bob_keeps_bob_from_nothing(
    callers: int,
    stay: bool,
    proof: bytes,
    estate: Estate,
    made: Counter[tuple[Prover, str]],
    caplog: pytest.LogCaptureFixture,
    every_refusal: None,
) -> None:
    """They call again at once, or stay until they are ended to make room for each other."""
    shown = await to_thread.run_sync(estate.enclave("bob").shows)
    context = await to_thread.run_sync(client_context, shown)
    calls = [0]
    with anyio.fail_after(PATIENCE):
        async with village(estate) as there, background() as flood:
            for _ in range(callers):
                flood.start_soon(floods, there, context, calls, stay, proof)
            await until(lambda: calls[0] >= 2 * callers)
            alice, ports = there.nodes["alice"], there.ports
            config = config_of(
                "bob", ports["bob"], ports, estate, limits=LIMITS, **estate.own("bob")
            )
            async with open_node(config) as bob:
                await bob.ready(peers=["alice"])
                await alice.ready(peers=["bob"])
                before = calls[0]
                await talk(alice, bob)
                await until(lambda: calls[0] > before)
                await talk(alice, bob, 10)
            await there.goes_on()
    assert total(made, "bob") <= 2 * Limits().proof_burst
    crowded = [line for line in caplog.messages if "in the name of bob wait for the end" in line]
    assert bool(crowded) == (callers == CROWD)


def total(made: Counter[tuple[Prover, str]], party: str) -> int:
    return sum(count for (_, peer), count in made.items() if peer == party)


async def floods(
    there: Village,
    context: ssl.SSLContext,
    calls: list[int],
    stay: bool = False,
    proof: bytes = b"",
) -> None:
    """Call alice, ask for a proof, give one or none, and call again when answered, or ended."""
    slot = encode_slot(Slot(True, bytes(CHALLENGE)))
    first = encode_greeting(Greeting(attrs.evolve(FIRST, slot=slot), 0.0))
    while True:
        try:
            async with raider(there.ports["alice"], context) as bob:
                await bob.opens("bob")
                await says(bob, first)
                calls[0] += 1
                if proof:
                    second = decode_frame(await bob.message())
                    assert isinstance(second, Greeting)
                    given = encode_slot(Slot(False, bytes(CHALLENGE), proof))
                    nonce = second.hello.nonce
                    third = attrs.evolve(FIRST, nonce=b"", echo=nonce, slot=given)
                    await says(bob, encode_greeting(Greeting(third, 0.0)))
                await (bob.status() if stay else bob.message())
        except BROKEN:
            pass
