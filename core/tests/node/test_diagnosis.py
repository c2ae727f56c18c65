"""A diagnosis asks probes and hellos, side by side, and survives whatever they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from core.tests.node.village import NOW, Village, one
from partywire.delivery.hello import PROBE
from partywire.errors import ConfigInvalid, Rejected, Unreachable
from partywire.node import inquiry
from partywire.probing import Found, Status, Subject

if TYPE_CHECKING:
    from partywire.errors import TransportError


async def test_a_healthy_peer_is_asked_as_a_probe() -> None:
    village = Village()
    diagnosis = await village.diagnosed()
    assert diagnosis.well
    assert list(diagnosis.peers) == ["bob", "carol"]
    for found in diagnosis.peers.values():
        assert [each.check for each in found] == [
            "identity",
            "wire",
            "hello",
            "roster",
            "clock",
            "round_trip",
            "bandwidth",
            "way_back",
        ]
        assert {each.status for each in found} == {Status.OK}
        assert one(found, "wire").facts == {"wire": "hut", "version": 1}
        assert one(found, "bandwidth").facts["bytes"] == 1 << 20
        assert one(found, "way_back").said == "it reaches our node, for 2 minutes"
        assert one(found, "hello").facts == {"version": 1, "started": NOW}
    assert len(village.hellos) == 4
    assert {hello.kind for hello in village.hellos} == {PROBE}
    assert village.open == 0


async def test_peers_are_asked_side_by_side() -> None:
    met = anyio.Event()
    waiting: list[str] = []

    async def both(peer: str) -> None:
        waiting.append(peer)
        if len(waiting) == 2:
            met.set()
        await met.wait()

    assert (await Village(at=both).diagnosed()).well


async def test_another_roster_is_a_warning() -> None:
    found = (await Village(rosters={"bob": b"other"}).diagnosed()).peers
    assert one(found["bob"], "roster").status is Status.WARNING
    assert one(found["bob"], "roster").who == "alice"
    assert one(found["carol"], "roster").status is Status.OK


@pytest.mark.parametrize(
    ("ahead", "words"), [(7300.0, "2 hours ahead of"), (-7300.0, "2 hours behind")]
)
async def test_a_clock_that_is_off_is_a_warning(ahead: float, words: str) -> None:
    finding = one((await Village(ahead=ahead).diagnosed()).peers["bob"], "clock")
    assert (finding.status, finding.who) == (Status.WARNING, "bob")
    assert words in finding.said
    assert finding.facts["seconds_ahead"] == pytest.approx(ahead, abs=30)


async def test_an_identity_that_ends_soon_is_a_warning() -> None:
    village = Village(valid_until=NOW + 3 * 86400.0)
    finding = one((await village.diagnosed()).peers["bob"], "expiry")
    assert (finding.status, finding.who) == (Status.WARNING, "bob")
    assert finding.said.startswith("ends in 3 days")


@pytest.mark.parametrize(
    ("begun", "status"),
    [(3_600.0, Status.OK), (86_400.0, Status.WARNING), (None, Status.WARNING)],
)
async def test_an_identity_that_a_program_makes_anew_is_no_warning(
    begun: float | None, status: Status
) -> None:
    begin = None if begun is None else NOW - begun
    village = Village(valid_until=NOW + 7_200.0, valid_from=begin)
    assert one((await village.diagnosed()).peers["bob"], "expiry").status is status


async def test_somebody_else_there_is_wrong_and_named() -> None:
    diagnosis = await Village(claims={"bob": "carol"}).diagnosed()
    assert not diagnosis.well
    assert one(diagnosis.peers["bob"], "identity").said == "it is somebody else"
    assert one(diagnosis.peers["carol"], "identity").status is Status.OK


@pytest.mark.parametrize(
    ("error", "remedy"),
    [(Unreachable("bob", "is out"), "node runs"), (Rejected("bob", "is cross"), "log of its node")],
)
async def test_a_failed_connection_says_what_the_peer_has_to_do(
    error: TransportError, remedy: str
) -> None:
    async def fail(peer: str) -> None:
        if peer == "bob":
            raise error.again()

    finding = one((await Village(at=fail).diagnosed()).peers["bob"], "hello")
    assert (finding.status, finding.said, finding.who) == (Status.WRONG, error.problem, "bob")
    assert remedy in finding.remedy


async def test_a_peer_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiry, "PATIENCE", 0.01)

    async def never(peer: str) -> None:
        await anyio.sleep_forever()

    diagnosis = await Village(at=never).diagnosed()
    assert one(diagnosis.peers["bob"], "hello").status is Status.WRONG


async def test_a_transport_with_a_bug_does_not_end_the_others() -> None:
    async def fail(peer: str) -> None:
        if peer == "bob":
            raise ZeroDivisionError

    found = (await Village(at=fail).diagnosed()).peers
    assert one(found["bob"], "hello").said == "the transport failed with ZeroDivisionError"
    assert one(found["carol"], "hello").status is Status.OK


async def test_a_config_with_mistakes_is_no_diagnosis() -> None:
    with pytest.raises(ConfigInvalid):
        await Village().diagnosed(peer=[])


async def test_a_cancelled_diagnosis_leaves_nothing_open() -> None:
    entered = anyio.Event()

    async def stay(_: Subject, __: Found) -> None:
        entered.set()
        await anyio.sleep_forever()

    village = Village(probe=stay)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(village.diagnosed)
            await entered.wait()
            group.cancel_scope.cancel()
    assert village.open == 0
