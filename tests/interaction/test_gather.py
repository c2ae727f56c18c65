"""One message from each of many: all of them, enough of them, or why not."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from partywire.errors import PeerAborted, PeerLeft, RoundTimeout, TooFewAnswers
from tests.interaction.scenes import Clock, opened, settled, tasks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from partywire import Node, Session
    from tests.interaction.venues import Venue

ASYNC: Any = {"timing": "asynchronous"}


@asynccontextmanager
async def one_aborted(
    nodes: Mapping[str, Node], party: str, **terms: Any
) -> AsyncIterator[tuple[Session, ...]]:
    """A session of all nodes in which one party has aborted; gives the others' ends."""
    async with AsyncExitStack() as stack:
        with pytest.raises(ValueError, match="broken"):
            async with nodes[party].session(1, **terms):
                raise ValueError("broken")
        others = [node for name, node in nodes.items() if name != party]
        yield tuple([await stack.enter_async_context(n.session(1, **terms)) for n in others])


async def test_gather_raises_what_a_peer_failed_with(venue: Venue) -> None:
    async with venue.network(3) as nodes, one_aborted(nodes, "p3") as (p1, p2):
        await p2.send("p1", b"fine")
        with pytest.raises(PeerAborted, match="p3 says: ValueError"):
            await p1.gather()
        assert await p1.receive("p2") == b"fine"


async def test_collecting_gives_answers_and_failures(venue: Venue) -> None:
    async with venue.network(3) as nodes, one_aborted(nodes, "p3") as (p1, p2):
        await p2.send("p1", b"fine")
        answers = await p1.gather(on_failure="collect")
        assert answers == {"p2": b"fine"}
        assert list(answers.failures) == ["p3"]
        assert isinstance(answers.failures["p3"], PeerAborted)


async def test_exchange_collects_too_and_sends_to_those_that_live(venue: Venue) -> None:
    async with venue.network(3) as nodes, one_aborted(nodes, "p3") as (p1, p2):
        await p2.send("p1", b"fine")
        answers = await p1.exchange({"p2": b"a", "p3": b"b"}, on_failure="collect")
        assert answers == {"p2": b"fine"}
        assert isinstance(answers.failures["p3"], PeerAborted)
        assert await p2.receive("p1") == b"a"


async def test_exchange_raises_what_a_peer_failed_with(venue: Venue) -> None:
    async with venue.network(3) as nodes, one_aborted(nodes, "p3") as (p1, p2):
        with pytest.raises(PeerAborted):
            await p1.exchange({"p2": b"a", "p3": b"b"})
        assert await p2.receive("p1") == b"a"


async def test_send_to_all_reaches_the_living_and_raises_for_the_failed(venue: Venue) -> None:
    async with venue.network(3) as nodes, one_aborted(nodes, "p2") as (p1, p3):
        with pytest.raises(PeerAborted):
            await p1.receive("p2")
        with pytest.raises(PeerAborted):
            await p1.send_to_all(b"to all")
        assert await p3.receive("p1") == b"to all"


async def test_synchronous_at_least_waits_for_everybody_who_may_answer(venue: Venue) -> None:
    async with venue.network(4) as nodes, one_aborted(nodes, "p4") as (p1, p2, p3):
        async with tasks() as beside:
            await p2.send("p1", b"2")
            gathering = beside.start(_at_least_one, p1)
            await beside.parked(p1)
            await settled()
            assert not gathering.done
            await p3.send("p1", b"3")
            answers = await gathering.result()
            assert answers == {"p2": b"2", "p3": b"3"}
            assert list(answers.failures) == ["p4"]


async def _at_least_one(session: Session) -> Any:
    return await session.gather(at_least=1)


async def test_synchronous_at_least_ends_at_the_deadline(venue: Venue) -> None:
    clock = Clock()
    async with (
        venue.network(3, surroundings=clock.surroundings) as nodes,
        opened(nodes, round_timeout=10) as (p1, p2, _),
    ):
        await p2.send("p1", b"in time")
        await p2.flush()
        p1.next_round(timeout=0)
        p2.next_round()
        await p2.send("p1", b"in time too")
        await p2.flush()
        clock.now += 11
        answers = await p1.gather(at_least=1)
        assert answers == {"p2": b"in time too"}
        assert isinstance(answers.failures["p3"], RoundTimeout)


async def test_synchronous_too_few_at_the_deadline_raises_and_takes_nothing(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes, round_timeout=0.5) as (p1, p2, _):
        await p2.send("p1", b"alone")
        await p2.flush()
        with pytest.raises(TooFewAnswers, match="fewer than 2 answers") as caught:
            await p1.gather(at_least=2)
        assert caught.value.wanted == 2
        assert isinstance(caught.value.failures["p3"], RoundTimeout)
        assert "p3" in str(caught.value)
        assert await p1.receive("p2") == b"alone"


async def test_asynchronous_at_least_ends_at_that_many(venue: Venue) -> None:
    async with venue.network(4) as nodes, opened(nodes, **ASYNC) as (p1, p2, p3, p4):
        await p2.send("p1", b"2")
        await p3.send("p1", b"3")
        assert await p1.gather(at_least=2) == {"p2": b"2", "p3": b"3"}
        await p4.send("p1", b"later")
        assert await p1.receive("p4") == b"later"


async def test_asynchronous_at_least_passes_over_the_failed(venue: Venue) -> None:
    async with venue.network(3) as nodes, one_aborted(nodes, "p2", **ASYNC) as (p1, p3):
        await p3.send("p1", b"3")
        assert await p1.gather(at_least=1) == {"p3": b"3"}


async def test_too_few_are_left_raises_with_each_reason(venue: Venue) -> None:
    async with venue.network(3) as nodes, nodes["p1"].session(1, **ASYNC) as p1:
        async with nodes["p2"].session(1, **ASYNC):
            pass
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p3"].session(1, **ASYNC):
                raise ValueError("broken")
        with pytest.raises(TooFewAnswers) as caught:
            await p1.gather(at_least=1)
        kinds = {party: type(error) for party, error in caught.value.failures.items()}
        assert kinds == {"p2": PeerLeft, "p3": PeerAborted}


async def test_answers_come_under_a_label_too(venue: Venue) -> None:
    async with venue.network(3) as nodes, opened(nodes, labels=True, **ASYNC) as (p1, _, p3):
        await p3.send("p1", b"3", label=8)
        assert await p1.gather(label=8, at_least=1) == {"p3": b"3"}
