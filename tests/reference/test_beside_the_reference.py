"""Our parties beside nodes that are as careless as the reference system's."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio.lowlevel import checkpoint

from partywire import open_node
from partywire.errors import NotAMember, PeerLeft, PeerStalled, RoundTimeout
from tests.reference.beside import ALL, OURS, THEIRS, Careless, Neighbours, neighbours
from tests.reference.ground import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from partywire import Node

    Came = dict[int, dict[str, str]]

SESSION = 7
ROUNDS = 10
SOON = 0.5
"""Seconds of a round in which nothing comes."""


@pytest.fixture
def place() -> Neighbours:
    return neighbours(tls=False)


@pytest.fixture(params=["plain", "mtls"])
def secured(request: pytest.FixtureRequest) -> Neighbours:
    return neighbours(tls=request.param == "mtls")


async def play(node: Node) -> Came:
    """What comes to one of ours."""
    came = {}
    async with node.session(SESSION) as session:
        for number in range(ROUNDS):
            said = f"{node.party} {number}".encode()
            got = await session.exchange(dict.fromkeys(session.peers, said))
            came[number] = {peer: value.decode() for peer, value in got.items()}
            session.next_round()
        await session.flush()
    return came


async def hear(theirs: Careless, lost: int) -> Came:
    """What comes to one of theirs, which leaves so many messages without an answer."""
    await theirs.told("lose", count=lost)
    await theirs.told("open", session=SESSION, members=ALL)
    await theirs.do("play", session=SESSION, rounds=ROUNDS)
    lines = [await theirs.until("came") for _ in range(ROUNDS)]
    return {line["round"]: line["came"] for line in lines}


@pytest.mark.parametrize("repeated", [False, True], ids=["once", "repeated"])
async def test_two_of_ours_and_two_of_theirs_compute(
    secured: Neighbours, *, repeated: bool
) -> None:
    came: dict[str, Came] = {}

    async def keep(party: str, part: Awaitable[Came]) -> None:
        came[party] = await part

    with anyio.fail_after(PATIENCE):
        async with AsyncExitStack() as stack:
            theirs = [
                await stack.enter_async_context(secured.careless(party, twice=repeated))
                for party in THEIRS
            ]
            ours = [
                await stack.enter_async_context(open_node(secured.config(party))) for party in OURS
            ]
            async with anyio.create_task_group() as group:
                for party, careless in zip(THEIRS, theirs, strict=True):
                    group.start_soon(keep, party, hear(careless, 5 * repeated))
                for node in ours:
                    group.start_soon(keep, node.party, play(node))
    for party, rounds in came.items():
        assert rounds == {
            number: {peer: f"{peer} {number}" for peer in ALL if peer != party}
            for number in range(ROUNDS)
        }


async def test_its_new_life_is_not_seen_and_changes_nothing_that_was_taken(
    place: Neighbours,
) -> None:
    config = place.config("p1", "p3", session={"round_timeout": f"{SOON}s"})
    with anyio.fail_after(PATIENCE):
        async with open_node(config) as node, node.session(SESSION) as session:
            async with place.careless("p3") as before:
                await before.do("send", session=SESSION, to="p1", number=0, value="first")
                await before.until("answered", 0)
            async with place.careless("p3") as after:
                await after.do("send", session=SESSION, to="p1", number=0, value="other")
                await after.do("send", session=SESSION, to="p1", number=2, value="third")
                await after.until("answered", 2)
                assert await session.receive("p3") == b"first"
                session.next_round()
                with pytest.raises(RoundTimeout, match="p3"):
                    await session.receive("p3")
                session.next_round(PATIENCE)
                assert await session.receive("p3") == b"third"


async def test_a_message_that_it_gives_up_costs_its_round_alone(place: Neighbours) -> None:
    with anyio.fail_after(PATIENCE):
        async with place.careless("p3", patience=0.3) as theirs:
            await theirs.do("send", session=SESSION, to="p1", number=0, value="lost")
            assert (await theirs.until("gave_up"))["gave_up"] == 0
            config = place.config("p1", "p3", session={"round_timeout": f"{SOON}s"})
            async with open_node(config) as node, node.session(SESSION) as session:
                with pytest.raises(RoundTimeout, match="p3"):
                    await session.receive("p3")
                session.next_round(PATIENCE)
                await theirs.do("send", session=SESSION, to="p1", number=1, value="next")
                assert await session.receive("p3") == b"next"


async def test_a_session_that_it_opens_late_has_all_that_was_sent(place: Neighbours) -> None:
    with anyio.fail_after(PATIENCE):
        async with (
            place.careless("p3") as theirs,
            open_node(place.config("p1", "p3")) as node,
            node.session(SESSION) as session,
        ):
            for number in range(ROUNDS):
                await session.send("p3", f"value {number}".encode())
                if number + 1 < ROUNDS:
                    session.next_round()
            await session.flush()
            await theirs.told("open", session=SESSION, members=["p1", "p3"])
            await theirs.do("play", session=SESSION, rounds=ROUNDS)
            assert await session.receive("p3") == b"p3 9"
            for number in range(ROUNDS):
                line = await theirs.until("came")
                assert line == {"round": number, "came": {"p1": f"value {number}"}}


async def test_a_session_that_it_never_opens_ends_with_the_round_and_says_what_is_unknown(
    place: Neighbours,
) -> None:
    config = place.config("p1", "p3", session={"round_timeout": f"{SOON}s"})
    with anyio.fail_after(PATIENCE):
        async with place.careless("p3") as theirs, open_node(config) as node:
            await node.ready()
            async with node.session(SESSION) as session:
                await session.send("p3", b"dropped in the end")
                await session.flush()
                await theirs.told("expire")
                with pytest.raises(RoundTimeout, match=r"p3.*can reach us is not known"):
                    await session.receive("p3")


async def test_what_it_drops_far_ahead_counts_as_sent(place: Neighbours) -> None:
    with anyio.fail_after(PATIENCE):
        async with (
            place.careless("p3") as theirs,
            open_node(place.config("p1", "p3")) as node,
            node.session(SESSION) as session,
        ):
            await theirs.told("open", session=SESSION, members=["p1", "p3"])
            for _ in range(40):
                session.next_round()
            await session.send("p3", b"too far ahead")
            await session.flush()
            assert (await theirs.until("number"))["number"] == 40


async def test_while_its_queue_is_full_that_is_said_and_then_all_arrives_in_order(
    place: Neighbours,
) -> None:
    with anyio.fail_after(PATIENCE):
        async with (
            place.careless("p3", queue=4, wait=0.1) as theirs,
            open_node(place.config("p1", "p3")) as node,
            node.session(SESSION) as session,
            anyio.create_task_group() as group,
        ):
            await theirs.told("open", session=SESSION, members=["p1", "p3"])
            for number in range(ROUNDS):
                await session.send("p3", str(number).encode())
                if number + 1 < ROUNDS:
                    session.next_round()
            group.start_soon(session.flush)
            while "its queue is full" not in str(session.waiting()):
                await checkpoint()
            await theirs.do("play", session=SESSION, rounds=ROUNDS)
            for number in range(ROUNDS):
                assert (await theirs.until("came"))["came"] == {"p1": str(number)}


async def test_a_queue_that_stays_full_fails_the_pair_and_names_the_peer(
    place: Neighbours,
) -> None:
    config = place.config("p1", "p3", limits={"full_timeout": "300ms"})
    with anyio.fail_after(PATIENCE):
        async with (
            place.careless("p3", queue=1, wait=0.05),
            open_node(config) as node,
            node.session(SESSION) as session,
        ):
            for _ in range(3):
                await session.send("p3", b"value")
                session.next_round()
            with pytest.raises(PeerStalled, match=r"p3.*queue is full"):
                await session.flush()


async def test_a_new_life_of_ours_takes_part_in_a_new_session_alone(place: Neighbours) -> None:
    config = place.config("p1", "p3", session={"round_timeout": f"{SOON}s"})
    with anyio.fail_after(PATIENCE):
        async with place.careless("p3") as theirs:
            await theirs.told("open", session=SESSION, members=["p1", "p3"])
            await theirs.do("play", session=SESSION, rounds=2)
            async with open_node(config) as node, node.session(SESSION) as session:
                await session.exchange({"p3": b"before"})
                await theirs.until("answered", 0)
            assert (await theirs.until("came"))["came"] == {"p1": "before"}
            async with open_node(config) as node:
                async with node.session(SESSION) as session:
                    await session.send("p3", b"after")
                    await session.flush()
                    with pytest.raises(RoundTimeout, match="p3"):
                        await session.receive("p3")
                await theirs.told("open", session=SESSION + 1, members=["p1", "p3"])
                await theirs.do("play", session=SESSION + 1, rounds=1)
                async with node.session(SESSION + 1) as session:
                    assert await session.exchange({"p3": b"new"}) == {"p3": b"p3 0"}
                assert await theirs.until("came") == {"round": 0, "came": {"p1": "new"}}


async def test_who_is_not_in_its_session_is_told_and_who_comes_too_late_ends(
    place: Neighbours,
) -> None:
    config = place.config("p1", "p3", limits={"completed_grace": "100ms"})
    with anyio.fail_after(PATIENCE):
        async with place.careless("p3") as theirs, open_node(config) as node:
            await theirs.told("open", session=1, members=["p3", "p4"])
            async with node.session(1) as session:
                await session.send("p3", b"value")
                with pytest.raises(NotAMember, match="p3"):
                    await session.receive("p3")
            await theirs.told("open", session=2, members=["p1", "p3"])
            await theirs.told("complete", session=2)
            async with node.session(2) as session:
                await session.send("p3", b"value")
                with pytest.raises(PeerLeft, match="p3"):
                    await session.receive("p3")
