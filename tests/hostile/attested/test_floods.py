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
from partywire_grpc.frames import Greeting, encode_greeting
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
    begun = anyio.current_time()
    with anyio.fail_after(PATIENCE):
        async with village(estate) as there, background() as flood:
            for _ in range(CALLERS):
                flood.start_soon(floods, there, context)
            await until(lambda: total(made, "bob") >= Limits().proof_burst)
            for _ in range(2):  # carol comes, and comes again, and is given proofs
                ports = there.ports
                config = config_of(
                    "carol", ports["carol"], ports, estate, limits=LIMITS, **estate.own("carol")
                )
                async with open_node(config) as carol:
                    await carol.ready(peers=["alice", "erin"])
                    await there.nodes["alice"].ready(peers=["carol"])
            await there.goes_on(20)
            waited = anyio.current_time() - begun
    assert total(made, "carol") >= 2
    limits = Limits()
    assert total(made, "bob") <= limits.proof_burst + waited // limits.proof_pause + 1


def total(made: Counter[tuple[Prover, str]], party: str) -> int:
    return sum(count for (_, peer), count in made.items() if peer == party)


async def floods(there: Village, context: ssl.SSLContext) -> None:
    """Call alice, ask for a proof, and call again as soon as that ends, or is answered."""
    slot = encode_slot(Slot(True, bytes(CHALLENGE)))
    first = encode_greeting(Greeting(attrs.evolve(FIRST, slot=slot), 0.0))
    while True:
        try:
            async with raider(there.ports["alice"], context) as bob:
                await bob.opens("bob")
                await says(bob, first)
                await bob.message()
        except BROKEN:
            pass
