"""Strangers do not fill the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from partywire.identity import Evidence
from partywire.judge import UnsafeClaims
from partywire.testing.door import Door as Inbox
from partywire_grpc.bridge import Bridge
from partywire_grpc.door import Door
from partywire_grpc.endings import Code, Ending
from partywire_grpc.refusals import PAUSE, Refusals
from partywire_grpc.security import Approach, OtherEnd, Security
from partywire_grpc.service import Arrival
from partywire_grpc.stream import Stream

from .wires import PATIENCE, post

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc
    import pytest

    from partywire_grpc.addresses import Address


class Claims(Security):
    """Plain text, in which each end is who it says."""

    silence = "nothing"

    def server_credentials(
        self, address: Address, knocked: Callable[[], None]
    ) -> grpc.ServerCredentials | None:
        return None

    async def tend(self, address: Address, renewed: Callable[[], None]) -> None:
        pass

    def caller(self, other: OtherEnd) -> Evidence:
        return Evidence(other.party, other.source)

    async def look(self, peer: str, address: Address) -> Approach:
        return Approach()

    def successor(self, party: str, source: str, certificate: bytes) -> Evidence:
        return Evidence(party, source)

    async def admit(self, party: str, evidence: Evidence) -> bool:
        return False

    def called(self, other: OtherEnd) -> Evidence:
        return Evidence(other.party, other.source)


class Besieged:
    """A door that lets nobody in, at a time that the test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._door = Door(
            Inbox([], [UnsafeClaims()]),
            cast("Any", None),  # nobody is let in, so nobody is attended to
            Bridge(post, post),
            Claims(),
            pace=10.0,
            departed=lambda _: None,
            refusals=Refusals(lambda: self.now),
        )

    def refuse(self, stranger: str) -> None:
        arrival = Arrival(OtherEnd(stranger, f"the house of {stranger}"), Stream(post, PATIENCE))
        self._door.arrived(arrival)
        assert arrival.stream.ending == Ending(Code.UNAUTHENTICATED)


def test_one_line_a_second_tells_of_refusals_and_how_many_were_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    besieged = Besieged()

    def said() -> list[str]:
        lines = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return lines

    with caplog.at_level(logging.INFO, "partywire"):
        besieged.refuse("p6")
        (line,) = said()
        assert "the house of p6" in line
        assert "others" not in line
        for _ in range(3):
            besieged.refuse("p7")
        besieged.now += PAUSE / 2
        besieged.refuse("p7")
        assert said() == []
        besieged.now += PAUSE / 2
        besieged.refuse("p8")
        (line,) = said()
        assert "the house of p8" in line
        assert line.endswith("(and 4 others before)")
        besieged.now += PAUSE
        besieged.refuse("p9")
        (line,) = said()
        assert "others" not in line
