"""Strangers do not fill the log."""

from __future__ import annotations

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


def test_a_stranger_that_goes_on_trying_is_told_of_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    besieged = Besieged()
    for _ in range(4):
        besieged.refuse("p6")
    besieged.refuse("p7")
    besieged.now += PAUSE
    besieged.refuse("p6")
    first, other, last = caplog.messages
    assert first.startswith("refused a caller from the house of p6: ")
    assert other.startswith("refused a caller from the house of p7: ")
    assert last == f"{first} (and 3 more before)"
