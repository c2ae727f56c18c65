"""An attested party beside one that is not ours, which shows its document on the reference wire."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio import to_thread

from partywire import open_node
from partywire_grpc.certificates.files import write_private
from tests.attested_town import LIMITS, PATIENCE, Seen
from tests.children import child
from tests.hostile.attested.estate import Estate, built
from tests.interaction.scenes import levels, opened, together
from tests.loopback import Config, config_of, free_ports
from tests.reference.beside import Careless

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from partywire import Session

OURS = ("alice", "bob")
"""Attested, on the fast wire with each other, and bound."""
THEIRS = "carol"
"""Attested by its certificate alone, and on the reference wire with both."""
ALL = (*OURS, THEIRS)
SESSION = 7
BURST = 20
RENEWALS = 2
LIFETIME = 6.0
"""Seconds that the certificates of alice last; half of that is over when she renews them."""

Came = list[dict[str, str]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Mixed:
    """Where the three are, and what the two of ours are told."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._shown = estate.enclave(THEIRS).shows()
        ports = free_ports(2 * len(OURS) + 1)
        self.fast = dict(zip(OURS, ports, strict=False))
        self.single = dict(zip(ALL, ports[len(OURS) :], strict=True))

    def config(self, party: str) -> Config:
        """The config of one of ours."""
        lifetime = {"lifetime": f"{LIFETIME}s"} if party == "alice" else {}
        own = {"attester": {**self._estate.own(party)["attester"], **lifetime}}
        dialled = {**self.fast, THEIRS: self.single[THEIRS]}
        config = config_of(party, self.fast[party], dialled, self._estate, limits=LIMITS, **own)
        config["transport"]["reference_listen"] = f"127.0.0.1:{self.single[party]}"
        (theirs,) = (peer for peer in config["peer"] if peer["id"] == THEIRS)
        theirs |= {"wire": "reference", "level": "certificate"}
        return config

    @asynccontextmanager
    async def theirs(self) -> AsyncIterator[Careless]:
        """Run the party that is not ours; it trusts whom the CAs of ours have issued."""
        certificate, key = (self._estate.folder / f"shown.{ending}" for ending in ("crt", "key"))
        await to_thread.run_sync(certificate.write_bytes, self._shown.pem)
        await to_thread.run_sync(write_private, key, self._shown.key_pem)
        argument = {
            "party": THEIRS,
            "port": self.single[THEIRS],
            "peers": {party: self.single[party] for party in OURS},
            "tls": {
                "certificate": str(certificate),
                "private_key": str(key),
                "trusted": {party: str(self._estate.certificate(party)) for party in OURS},
            },
        }
        async with child("tests.reference.node", json.dumps(argument)) as process:
            node = Careless(process)
            await node.until("ready")
            yield node


@pytest.fixture
def mixed(tmp_path: Path) -> Mixed:
    return Mixed(built(tmp_path, level="bound"))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    return Seen(monkeypatch)


async def play(session: Session) -> Came:
    """What comes to one of ours in a burst of rounds."""
    came = []
    for _ in range(BURST):
        said = f"{session.party} {session.round}".encode()
        got = await session.exchange(dict.fromkeys(session.peers, said))
        came.append({peer: value.decode() for peer, value in got.items()})
        session.next_round()
    return came


async def heard(theirs: Careless) -> Came:
    """What comes to theirs in such a burst."""
    await theirs.do("play", session=SESSION, rounds=BURST)
    return [(await theirs.until("came"))["came"] for _ in range(BURST)]


def expected(party: str, begin: int) -> Came:
    return [
        {peer: f"{peer} {number}" for peer in ALL if peer != party}
        for number in range(begin, begin + BURST)
    ]


async def test_nothing_is_lost_on_either_wire_while_an_attester_renews(
    mixed: Mixed, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    """In sessions of all three; by each certificate of alice there were calls on both wires."""
    with anyio.fail_after(2 * PATIENCE):
        async with mixed.theirs() as theirs, AsyncExitStack() as stack:
            nodes = {
                party: await stack.enter_async_context(open_node(mixed.config(party)))
                for party in OURS
            }
            for node in nodes.values():
                await node.ready()
            await theirs.told("open", session=SESSION, members=ALL)
            async with opened(nodes, SESSION) as sessions:
                begin = 0
                while min(map(len, renewed(seen))) <= RENEWALS:
                    ours = [partial(play, session) for session in sessions]
                    came = await together(*ours, partial(heard, theirs))
                    for party, values in zip(ALL, came, strict=True):
                        assert values == expected(party, begin)
                    begin += BURST
                assert levels(nodes["alice"], "bob") == {"bound"}
                assert levels(nodes["alice"], THEIRS) == {"certificate"}
    assert not seen.expired
    assert "HAS EXPIRED" not in caplog.text
    assert "refuses our next certificate" not in caplog.text


def renewed(seen: Seen) -> tuple[set[bytes], set[bytes]]:
    """By which certificates alice was let in by bob, and by which she has called carol."""
    by_alice = {each.digest: each for each in seen.callers if each.claimed == "alice"}
    own = {each.own for each in seen.servers if each.claimed == THEIRS}
    return set(by_alice), own & set(by_alice)
