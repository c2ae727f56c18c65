"""What a diagnosis finds once a peer has answered the hello: its way back, and filler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from core.tests.node.village import Village, one
from partywire.delivery.hello import Way, WayBack
from partywire.errors import Rejected, Unreachable
from partywire.node import bandwidth
from partywire.probing import Finding, Found, Status, Subject

if TYPE_CHECKING:
    from partywire.delivery.records import Batch
    from partywire.errors import TransportError
    from partywire.interfaces import Answered


@pytest.mark.parametrize(
    ("told", "status", "who", "words"),
    [
        (None, Status.UNKNOWN, "", "does not say"),
        (WayBack(Way.UNTRIED, 9.0), Status.UNKNOWN, "", "had no reason to connect"),
        (WayBack(Way.UNREACHABLE, 61.0), Status.WRONG, "bob", "not reached our node for 1 minute"),
        (WayBack(Way.REFUSED, 7300.0), Status.WRONG, "bob", "refuses who answers"),
        (WayBack(Way.TURNED_AWAY, 1.0), Status.WRONG, "alice", "for less than a minute"),
    ],
    ids=str,
)
async def test_the_way_back_is_what_the_peer_has_told(
    told: WayBack | None, status: Status, who: str, words: str
) -> None:
    diagnosis = await Village(way_back=told).diagnosed()
    finding = one(diagnosis.peers["bob"], "way_back")
    assert (finding.status, finding.who) == (status, who)
    assert words in finding.said
    assert diagnosis.well == (status is Status.UNKNOWN)
    if told:
        assert finding.facts == {"way": told.way.name.lower(), "seconds": told.seconds}


async def test_nobody_is_blamed_for_not_reaching_a_node_that_does_not_run() -> None:
    async def probe(subject: Subject, found: Found) -> None:
        if subject.is_own:
            found(Finding("listening", Status.WARNING, "nobody listens", "alice", "start it"))

    village = Village(probe=probe, way_back=WayBack(Way.UNREACHABLE, 61.0))
    finding = one((await village.diagnosed()).peers["bob"], "way_back")
    assert finding.status is Status.UNKNOWN
    assert "our node does not run as it should" in finding.said


async def test_filler_that_is_not_answered_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bandwidth, "PATIENCE", 0.01)

    async def never(_: Batch, __: Answered) -> None:
        await anyio.sleep_forever()

    diagnosis = await Village(takes=never).diagnosed()
    finding = one(diagnosis.peers["bob"], "bandwidth")
    assert finding.status is Status.UNKNOWN
    assert "not answered within" in finding.said
    assert one(diagnosis.peers["bob"], "round_trip").status is Status.OK


@pytest.mark.parametrize(
    ("error", "words"),
    [(Rejected("bob", "no"), "an older one"), (Unreachable("bob", "is out"), "broke: is out")],
)
async def test_filler_that_is_refused_is_told(error: TransportError, words: str) -> None:
    async def refuse(_: Batch, __: Answered) -> None:
        raise error.again()

    diagnosis = await Village(takes=refuse).diagnosed()
    assert words in one(diagnosis.peers["bob"], "bandwidth").said
    assert diagnosis.well


async def test_a_connection_that_breaks_beneath_the_filler_is_told() -> None:
    village = Village()

    async def breaks(_: Batch, __: Answered) -> None:
        village.breaks.set()

    village.takes = breaks
    finding = one((await village.diagnosed()).peers["bob"], "bandwidth")
    assert "the connection broke: is gone" in finding.said
