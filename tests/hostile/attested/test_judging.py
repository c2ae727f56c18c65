"""What it costs to judge a caller is spent on those who have shown that the name is theirs."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio
import attrs
import pytest
from anyio import to_thread

from partywire import open_node
from partywire.delivery.challenge import CHALLENGE, Slot, encode_slot
from partywire.node.trials import BURST, PAUSE, PROOF_PAUSE
from partywire_grpc.frames import Greeting, decode_frame, encode_greeting
from partywire_nitro_attest import attested, judge_document, verifier
from partywire_nitro_attest.development import measured
from partywire_nitro_attest.development.defects import CARRIED
from tests.certificates.building import make
from tests.certificates.contexts import client_context
from tests.hostile.attested.estate import LIFE, Estate, built
from tests.hostile.attested.impostors import UNTRUSTED
from tests.hostile.port.http2 import DATA, HEADERS, STATUS, call, data, message, raider
from tests.hostile.port.manners import FIRST
from tests.hostile.tls.village import HONEST, LIMITS, village
from tests.loopback import config_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from partywire.delivery.hello import Hello
    from partywire_nitro_attest.judging import JudgedDocument
    from tests.certificates.building import Held
    from tests.hostile.port.http2 import Raider
    from tests.hostile.tls.village import Village

PATIENCE: Final = 40.0
CALLS: Final = 5 * BURST
FAILED_PRECONDITION, UNAUTHENTICATED = 9, 16


@pytest.fixture(scope="module")
def estate(private: Path) -> Estate:
    return built(private, level="bound")


@pytest.fixture(scope="module")
async def there(anyio_backend: object, estate: Estate) -> AsyncIterator[Village]:
    """Who is refused is judged at the usual pace there."""
    async with village(estate) as there:
        yield there


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Counter[bytes]:
    """How often each document was judged, in a certificate or as a proof."""
    found: Counter[bytes] = Counter()
    judge = judge_document

    def counted(raw: bytes, **asked: Any) -> JudgedDocument:
        found[raw] += 1
        return judge(raw, **asked)

    for asking in (attested, verifier):
        monkeypatch.setattr(asking, judge.__name__, counted)
    return found


async def calls(there: Village, shown: Held, party: str, *, proof: bytes = b"") -> Counter[int]:
    """Call alice again and again over one connection, and return the statuses."""
    context = await to_thread.run_sync(client_context, shown)
    found: Counter[int] = Counter()
    async with raider(there.ports["alice"], context) as caller:
        await caller.opens(party)
        for number in range(CALLS):
            stream = 2 * number + 1
            if number:
                await caller.send(call(party, stream))
            status = await ended(caller, stream, proof)
            assert status is not None, "the connection is over"
            found[status] += 1
    return found


async def ended(caller: Raider, stream: int, proof: bytes) -> int | None:
    """Go through the hello as far as it goes, where a proof is given, and return the status."""
    if not proof:
        return await caller.status()
    first = attrs.evolve(FIRST, slot=encode_slot(Slot(False, bytes(CHALLENGE))))
    await says(caller, stream, first)
    came = b""
    while not came:
        kind, body = await caller.frame()
        refused = STATUS.search(body) if kind == HEADERS else None
        if refused is not None:
            return int(refused[1])
        came = body if kind == DATA else b""
    second = decode_frame(came[5:])
    assert isinstance(second, Greeting)
    slot = encode_slot(Slot(False, bytes(CHALLENGE), proof))
    await says(caller, stream, attrs.evolve(first, nonce=b"", echo=second.hello.nonce, slot=slot))
    return await caller.status()


async def says(caller: Raider, stream: int, step: Hello) -> None:
    await caller.send(data(message(encode_greeting(Greeting(step, 0.0))), stream))


def most(begun: float, pause: float = PAUSE) -> float:
    """How often a party may be judged since then, for nothing."""
    return BURST + (anyio.current_time() - begun) // pause + 1


@asynccontextmanager
async def comes(party: str, there: Village, estate: Estate) -> AsyncIterator[None]:
    """Let that party come itself, and be let in by both who are honest."""
    ports = there.ports
    config = config_of(party, ports[party], ports, estate, limits=LIMITS, **estate.own(party))
    async with open_node(config) as node:
        await node.ready(peers=HONEST)
        for honest in there.nodes.values():
            await honest.ready(peers=[party])
        yield


async def test_a_party_whose_program_is_refused_is_judged_now_and_then(
    there: Village, estate: Estate, judged: Counter[bytes]
) -> None:
    document = (bobs := estate.enclave("bob", pcrs=measured(UNTRUSTED))).document()
    begun = anyio.current_time()
    with anyio.fail_after(PATIENCE):
        statuses = await calls(there, bobs.shows(document), "bob")
        assert statuses == {UNAUTHENTICATED: CALLS}
        assert BURST <= judged[document] <= most(begun)
        async with comes("carol", there, estate):
            await there.goes_on()


async def test_a_party_whose_proofs_are_refused_is_judged_now_and_then(
    there: Village, estate: Estate, judged: Counter[bytes]
) -> None:
    """What it gives is a document of its enclave and its key, of another connection."""
    enclave = estate.enclave("bob")
    proof, begun = enclave.document(nonce=bytes(48)), anyio.current_time()
    with anyio.fail_after(PATIENCE):
        statuses: Counter[int] = Counter()
        while not judged[proof]:  # he may have to wait yet, for what was refused before
            statuses += await calls(there, enclave.shows(), "bob", proof=proof)
        assert FAILED_PRECONDITION in statuses
        assert set(statuses) <= {UNAUTHENTICATED, FAILED_PRECONDITION}
        assert judged[proof] <= most(begun, PROOF_PAUSE)
        async with comes("bob", there, estate):
            await there.goes_on()


async def test_who_calls_by_the_name_of_another_has_no_document_judged_and_it_does_not_wait(
    there: Village, estate: Estate, judged: Counter[bytes]
) -> None:
    """The certificate is issued by bob's CA, by which a handshake ends, to carol."""
    enclave = estate.enclave("bob")
    document = enclave.document()
    more = CARRIED["as it is"](document)
    shown = make(
        "carol",
        now=time.time(),
        key=enclave.key,
        by=estate.vouching["bob"],
        end=LIFE / 2,
        more=more,
    )
    with anyio.fail_after(PATIENCE):
        assert await calls(there, shown, "carol") == {UNAUTHENTICATED: CALLS}
        assert not judged[document]
        async with comes("carol", there, estate):
            await there.goes_on()
