"""Four attested parties compute, while their certificates, made for seconds, are renewed."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest
from anyio import to_thread

from partywire import open_node
from tests.attested.watching import Batches, Modules, Told
from tests.hostile.attested.estate import PARTIES, Estate, built
from tests.interaction.scenes import opened
from tests.loopback import config_of, free_ports
from tests.loops import BACKENDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from partywire import Node, Session

LIFETIME: Final = 8.0
"""Seconds; renewal starts at half of it."""
MOST: Final = 5
"""Renewals of each party."""
BURST: Final = 20
"""Rounds from one renewal to the next, at most: the machine has more to do than to compute."""
PATIENCE: Final = 200.0
LIMITS: Final[dict[str, Any]] = {
    "retry_first": "5ms",
    "retry_longest": "50ms",
    "proof_burst": 1000,
}
"""Renewal by the second takes more proofs than six a minute."""


@pytest.fixture
def anyio_backend() -> object:
    return BACKENDS["asyncio"]


class Computation:
    """Rounds in which everybody sends to everybody, until it is enough; each message is checked."""

    def __init__(self, told: Told) -> None:
        self.rounds = 0
        self._told = told
        self.enough: Callable[[], bool] = lambda: False

    async def run(self, sessions: tuple[Session, ...]) -> None:
        async with anyio.create_task_group() as group:
            for session in sessions:
                group.start_soon(self._take_part, session, session is sessions[0])

    async def _take_part(self, session: Session, leads: bool) -> None:
        last = False
        while not last:
            goes_on = b"last" if leads and self.enough() else b"on"
            said = b"%d %s " % (session.round, session.party.encode()) + goes_on
            answers = await session.exchange(dict.fromkeys(session.peers, said))
            assert not answers.failures
            for peer, answer in answers.items():
                number, name, word = answer.split()
                assert (int(number), name.decode()) == (session.round, peer)
                last = last or word == b"last"
            last = last or goes_on == b"last"
            if leads:
                await self._breathe(last)
            session.next_round()

    async def _breathe(self, last: bool) -> None:
        self.rounds += 1
        if self.rounds % BURST == 0 and not last:
            renewed = self._told.renewed.total()
            await self._told.until(lambda: self._told.renewed.total() > renewed)


class World:
    """The nodes of four parties, each of which may be opened anew."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._ports = dict(zip(PARTIES, free_ports(len(PARTIES)), strict=True))

    def node(self, party: str) -> AbstractAsyncContextManager[Node]:
        return open_node(
            config_of(
                party,
                self._ports[party],
                self._ports,
                self._estate,
                limits=LIMITS,
                session={"timing": "asynchronous"},
                **self._estate.own(party),
            )
        )

    @asynccontextmanager
    async def nodes(self, *parties: str) -> AsyncIterator[Mapping[str, Node]]:
        async with AsyncExitStack() as stack:
            yield {party: await stack.enter_async_context(self.node(party)) for party in parties}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    estate = await to_thread.run_sync(partial(built, tmp_path, level="bound", lifetime=LIFETIME))
    return World(estate)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Told]:
    log, found = logging.getLogger("partywire"), Told()
    caplog.set_level(logging.INFO, log.name)
    log.addHandler(found)
    yield found
    log.removeHandler(found)


@pytest.mark.timeout(240)  # certificates take half a minute, and a busy machine makes more of it
async def test_nothing_is_lost_and_nothing_comes_by_evidence_that_has_ended(
    world: World, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob's security module fails until his certificate has expired, and carol is opened anew."""
    batches, modules = Batches(monkeypatch), Modules(monkeypatch)
    trio, (carol,) = PARTIES[:3], PARTIES[3:]
    three, four = Computation(told), Computation(told)
    with anyio.fail_after(PATIENCE):
        async with world.nodes(*trio) as nodes, opened(nodes, 3, parties=trio) as sessions:
            async with anyio.create_task_group() as group:
                group.start_soon(three.run, sessions)
                async with world.nodes(carol) as fourth:
                    await meet(four, {**nodes, **fourth}, 1, lambda: renewed(told, 2))
                modules.fails.add("bob")
                group.start_soon(recover, modules, told)
                async with world.nodes(carol) as fourth:
                    await meet(four, {**nodes, **fourth}, 2, lambda: renewed(told, MOST))
                three.enough = lambda: True
    assert not batches.outdated
    assert three.rounds >= BURST
    assert four.rounds >= 2
    for party in PARTIES:
        assert batches.certificates(party) >= MOST - 2
    assert {sender for sender, _, _ in batches.came} == {to for to, _, _ in batches.went}


async def recover(modules: Modules, told: Told) -> None:
    """Have bob's module work again, once he has nothing more to show."""
    await told.until(lambda: "bob" in told.expired)
    modules.fails.clear()


async def meet(
    computation: Computation, nodes: Mapping[str, Node], number: int, enough: Callable[[], bool]
) -> None:
    """Have all compute in a session of that number, until it is enough."""
    computation.enough = enough
    async with opened(nodes, number) as sessions:
        await computation.run(sessions)


def renewed(told: Told, times: int) -> bool:
    """Whether the certificate of each party was, that often."""
    return all(told.renewed[party] >= times for party in PARTIES)
