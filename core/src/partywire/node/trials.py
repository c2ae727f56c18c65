"""How often callers are judged whose evidence is refused, though the key that shows it is theirs.

To judge evidence may take many times longer than to bring it: one connection can bring more and
more of it. So a party whose evidence was refused has to wait, and nobody else has: who only says
that it is that party is refused by a verifier that proves who is there, and changes nothing here.
"""

from collections.abc import Callable
from typing import Final

from partywire.delivery.pace import Pace
from partywire.errors import EvidenceInvalid, IdentityError

PAUSE: Final = 1.0
"""Seconds from one judgement of what a party shows to the next, once `BURST` were refusals."""
PROOF_PAUSE: Final = 0.1
"""The same of proofs on connections. Who gives bad ones may be a thief of the party's key, and the
party itself has to come in between."""
BURST: Final = 8
"""Refusals of a party before that."""

RESTS: Final = (
    "was refused too often just now, and is judged again within {pause:g} s; the last time: {why}"
)


class Trials:
    """The refusals of each party; of parties of the roster alone, as only those are vouched for."""

    def __init__(self, now: Callable[[], float], pause: float) -> None:
        """Nobody was refused; ``now`` returns seconds of the node's clock."""
        self._now = now
        self._pause = pause
        self._paces: dict[str, Pace] = {}
        self._last: dict[str, str] = {}

    def rests(self, party: str) -> bool:
        """Tell whether a party has to wait."""
        pace = self._paces.get(party)
        return pace is not None and pace.wait(self._now()) > 0

    def check(self, party: str) -> None:
        """Raise `EvidenceInvalid`, with the last refusal, where a party has to wait."""
        if self.rests(party):
            raise EvidenceInvalid(party, RESTS.format(pause=self._pause, why=self._last[party]))

    def failed(self, party: str, refusal: IdentityError) -> None:
        """What a party has shown by its own key was refused."""
        self._paces.setdefault(party, Pace(self._pause, BURST)).count(self._now())
        self._last[party] = refusal.problem
