"""A party whose peers are on a wire of single calls, and the far end of that wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tests.delivery.support.making import ALICE, BOB, Clock, Party
from partywire.delivery.backoff import Backoff
from partywire.delivery.tags import Tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from partywire.delivery.calls import Call, Calls
    from partywire.delivery.limits import Limits
    from partywire.delivery.pair import Pair
    from partywire.delivery.records import Status
    from partywire.delivery.sessions import LocalSession

PAUSE = 0.1


class Caller(Party):
    """A party that writes to all its peers message by message; no pause is longer than `PAUSE`."""

    def __init__(
        self,
        clock: Clock,
        limits: Limits | None = None,
        name: str = ALICE,
        others: Iterable[str] = (ALICE, BOB),
    ) -> None:
        super().__init__(name, clock, limits, others)
        self.clock = clock
        self.calls: dict[str, Calls] = {
            party: peer.by_calls(lambda: Backoff(PAUSE, 1.0, PAUSE, lambda: 0.5))
            for party, peer in self.table.peers.items()
        }

    def begun(self, party: str = BOB) -> list[Call]:
        """Take all calls that can be made now."""
        return list(iter(self.calls[party].next, None))

    def later(self, seconds: float) -> None:
        """Let that much time pass, in one step."""
        self.clock.now += seconds
        self.agenda.run()
        self.agenda.run()


def put(local: LocalSession, *rounds: int, party: str = BOB) -> Pair:
    """Send a message in each of these rounds, whose payload says which."""
    pair = local.pairs[party]
    for number in rounds:
        pair.put(number, payload(number))
    return pair


def payload(number: int) -> bytes:
    return f"of round {number}".encode()


def tag_of(call: Call, sender: str = ALICE) -> Tag:
    return Tag(call.pair.session.id, sender, call.round)


def take(party: Party, session: int, number: int, data: bytes = b"", sender: str = BOB) -> Status:
    """Bring a message to a party, as if its peer had called."""
    return party.table.take(sender, Tag(session, sender, number), data or payload(number))
