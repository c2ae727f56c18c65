"""Two ends that open one session differently both learn what differs; ids are used once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partywire import session_id
from partywire.errors import (
    NotAMember,
    NotInRoster,
    OptionInvalid,
    SessionIdInvalid,
    SessionIdReused,
    TermsDiffer,
)
from tests.interaction.scenes import opened, settled, tasks

if TYPE_CHECKING:
    from tests.interaction.venues import Venue

DIFFERENT = [
    pytest.param({"labels": True}, {}, "labels here True, there False", id="labels"),
    pytest.param(
        {"timing": "asynchronous"},
        {"timing": "synchronous"},
        "timing here asynchronous, there synchronous",
        id="timing",
    ),
    pytest.param(
        {"parties": ["p1", "p2"]}, {"parties": ["p1", "p2", "p3"]}, "parties here", id="parties"
    ),
]


@pytest.mark.parametrize(("here", "there", "words"), DIFFERENT)
async def test_both_sides_name_what_differs(
    venue: Venue, here: dict[str, object], there: dict[str, object], words: str
) -> None:
    async with (
        venue.network(3) as nodes,
        nodes["p1"].session(1, **here) as p1,  # type: ignore[arg-type]
        nodes["p2"].session(1, **there) as p2,  # type: ignore[arg-type]
    ):
        with pytest.raises(TermsDiffer, match=words) as caught:
            await p1.receive("p2")
        assert (caught.value.session, caught.value.party) == (1, "p2")
        with pytest.raises(TermsDiffer, match=words.partition(" ")[0]):
            await p2.receive("p1")


async def test_a_difference_is_named_to_one_who_opens_much_later(venue: Venue) -> None:
    async with venue.network(2) as nodes, nodes["p1"].session(1, labels=True) as p1:
        await p1.send("p2", b"early", label=1)
        await settled()
        async with nodes["p2"].session(1) as p2:
            with pytest.raises(TermsDiffer, match="labels"):
                await p2.receive("p1")
            with pytest.raises(TermsDiffer, match="labels"):
                await p1.receive("p2")


async def test_another_roster_warns_and_the_two_go_on(
    venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    configs = venue.configs(3)
    del configs["p3"]
    configs["p2"]["peer"] = [peer for peer in configs["p2"]["peer"] if peer["id"] == "p1"]
    async with venue.unready(configs) as nodes:
        both = [nodes[party].session(1, parties=["p1", "p2"]) for party in ("p1", "p2")]
        async with both[0] as p1, both[1] as p2:
            await p1.send("p2", b"all the same")
            assert await p2.receive("p1") == b"all the same"
    assert "p2 has another roster" in caplog.text


async def test_a_difference_fails_that_pair_only(venue: Venue) -> None:
    async with venue.network(3) as nodes:
        two = {party: nodes[party] for party in ("p1", "p2")}
        async with opened(two) as (p1, p2), nodes["p3"].session(1, labels=True):
            with pytest.raises(TermsDiffer):
                await p1.receive("p3")
            await p1.send("p2", b"fine")
            assert await p2.receive("p1") == b"fine"


async def test_protocol_limits_are_terms_too(venue: Venue) -> None:
    configs = venue.configs(2)
    configs["p2"]["limits"] = {"look_ahead": 5, "largest_message": "1MiB"}
    async with (
        venue.opened(configs) as nodes,
        opened(nodes) as (p1, p2),
    ):
        with pytest.raises(TermsDiffer, match="look_ahead here 32, there 5"):
            await p1.receive("p2")
        with pytest.raises(TermsDiffer, match="largest_message here 1048576"):
            await p2.receive("p1")


async def test_the_order_of_the_parties_is_no_difference(venue: Venue) -> None:
    async with (
        venue.network(3) as nodes,
        nodes["p1"].session(1, parties=["p1", "p2", "p3"]) as p1,
        nodes["p2"].session(1, parties=["p3", "p1", "p2"]) as p2,
    ):
        await p1.send("p2", b"fine")
        assert await p2.receive("p1") == b"fine"
        assert p1.parties == ("p1", "p2", "p3")
        assert p2.peers == ("p3", "p1")


async def test_a_session_without_us_is_named_on_both_sides(venue: Venue) -> None:
    async with (
        venue.network(3) as nodes,
        nodes["p1"].session(1) as p1,
        nodes["p2"].session(1, parties=["p2", "p3"]) as p2,
        nodes["p3"].session(1, parties=["p2", "p3"]) as p3,
    ):
        with pytest.raises(NotAMember, match="p2 has it without us"):
            await p1.receive("p2")
        await p2.send("p3", b"not disturbed")
        assert await p3.receive("p2") == b"not disturbed"


async def test_a_session_without_us_that_opens_later_is_named_too(venue: Venue) -> None:
    async with venue.network(3) as nodes, nodes["p1"].session(1) as p1, tasks() as beside:
        await p1.send("p2", b"early")
        receiving = beside.start(p1.receive, "p2")
        await settled()
        async with nodes["p2"].session(1, parties=["p2", "p3"]):
            with pytest.raises((NotAMember, TermsDiffer)):
                await receiving.result()


async def test_a_party_outside_of_the_roster_is_refused_before_anything_opens(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        with pytest.raises(NotInRoster, match="'mallory' is not in the roster"):
            nodes["p1"].session(1, parties=["p1", "mallory"])
        with pytest.raises(OptionInvalid, match="a list with p1, this party, in it"):
            nodes["p1"].session(1, parties=["p2"])
        with pytest.raises(OptionInvalid, match="a list of party ids, not text"):
            nodes["p1"].session(1, parties="p1")
        with pytest.raises(NotInRoster):
            await nodes["p1"].ready(peers=["mallory"])


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, "1s", True])
async def test_a_timeout_that_is_none_is_refused(venue: Venue, seconds: Any) -> None:
    async with venue.network(2) as nodes:
        with pytest.raises(OptionInvalid, match="round_timeout has to be"):
            nodes["p1"].session(1, round_timeout=seconds)
        async with nodes["p1"].session(1) as p1:
            with pytest.raises(OptionInvalid, match="timeout has to be"):
                p1.next_round(timeout=seconds)
            assert p1.round == 0


async def test_a_quorum_that_cannot_be_is_refused(venue: Venue) -> None:
    async with venue.network(3) as nodes, nodes["p1"].session(1) as p1:
        for wrong in (-1, 3, True):
            with pytest.raises(OptionInvalid, match="from 0 to 2"):
                await p1.gather(at_least=wrong)
        given: Any = "colect"
        with pytest.raises(OptionInvalid, match="on_failure has to be one of: raise, collect"):
            await p1.gather(on_failure=given)
        with pytest.raises(OptionInvalid):
            await p1.exchange({"p2": b"not sent"}, on_failure=given)
        assert p1.counters["p2"].messages_sent == 0


async def test_an_id_is_used_once_while_it_is_open(venue: Venue) -> None:
    async with venue.network(2) as nodes, opened(nodes) as (p1, p2):
        with pytest.raises(SessionIdReused, match="was used before"):
            async with nodes["p1"].session(1):
                pass
        await p1.send("p2", b"the first is not disturbed")
        assert await p2.receive("p1") == b"the first is not disturbed"


async def test_an_id_is_used_once_after_it_finished(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        async with opened(nodes):
            pass
        await settled()
        with pytest.raises(SessionIdReused, match=r"was used before \(finished\)"):
            async with nodes["p1"].session(1):
                pass


async def test_an_id_is_used_once_while_it_lingers(venue: Venue) -> None:
    async with venue.network(2, limits={"shutdown_grace": "1ms"}) as nodes:
        async with nodes["p1"].session(1) as p1:
            await p1.send("p2", b"")
        with pytest.raises(SessionIdReused, match=r"was used before \(lingering\)"):
            async with nodes["p1"].session(1):
                pass
        async with nodes["p2"].session(1) as p2:
            assert await p2.receive("p1") == b""


async def test_an_id_is_used_once_after_it_was_aborted(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        with pytest.raises(ValueError, match="broken"):
            async with nodes["p1"].session(1):
                raise ValueError("broken")
        with pytest.raises(SessionIdReused, match=r"was used before \(aborted\)"):
            async with nodes["p1"].session(1):
                pass


async def test_a_rerun_takes_the_next_attempt(venue: Venue) -> None:
    async with venue.network(2) as nodes:
        for attempt in range(3):
            async with opened(nodes, "payroll", attempt=attempt) as (p1, p2):
                await p1.send("p2", b"%d" % attempt)
                assert await p2.receive("p1") == b"%d" % attempt


async def test_an_id_may_be_written_in_three_ways(venue: Venue) -> None:
    number = session_id("payroll", 3)
    ways: list[tuple[int | bytes | str, dict[str, int]]] = [
        (number, {}),
        (number.to_bytes(16, "little"), {}),
        ("payroll", {"attempt": 3}),
    ]
    async with venue.network(3) as nodes:
        pairs = zip(nodes.values(), ways, strict=True)
        sessions = [node.session(way, **given) for node, (way, given) in pairs]  # type: ignore[arg-type]
        assert {session.id for session in sessions} == {number}
        assert session_id("payroll") != session_id("payroll", 1)


@pytest.mark.parametrize(
    ("given", "attempt"),
    [(-1, None), (1 << 128, None), (b"short", None), (7, 1), (True, None), ("text", -1)],
)
async def test_what_is_no_id_is_refused(
    venue: Venue, given: int | bytes | str, attempt: int | None
) -> None:
    async with venue.network(2) as nodes:
        with pytest.raises(SessionIdInvalid, match="a session id is"):
            nodes["p1"].session(given, attempt=attempt)
