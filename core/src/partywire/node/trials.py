"""How often callers are judged whose evidence is refused, though the key that shows it is theirs.

To judge evidence may take many times longer than to bring it: one connection can bring more and
more of it. So a certificate that was refused has to wait, and no other one of its party has: a
thief has one certificate, and the party goes on with its own. Who only says that it is that party
is refused by a verifier that proves who is there, and changes nothing here.
"""

from collections.abc import Callable
from typing import Final

import attrs

from partywire.delivery.pace import Pace
from partywire.errors import EvidenceInvalid, IdentityError

PAUSE: Final = 1.0
"""Seconds from one judgement of a certificate to the next, once `BURST` were refusals."""
PROOF_PAUSE: Final = 0.1
"""The same of proofs on connections. Who gives bad ones may be a thief of the party's key, and the
party itself, which shows the same certificate, has to come in between."""
BURST: Final = 8
"""Refusals of a certificate before that."""
KEPT: Final = 8
"""Certificates of one party that are told apart; all further ones wait together. Whoever has more
has the key that issues them."""
FORGOTTEN: Final = 3600.0
"""Seconds after its last refusal from which a certificate makes room for another one."""
FURTHER: Final = b""

RESTS: Final = (
    "was refused too often just now, and is judged again once in {pause:g} s; the last time: {why}"
)


@attrs.define
class _Refused:
    """One certificate that was refused: how often it may be judged, and why it was not let in."""

    pace: Pace
    why: str = ""
    when: float = 0.0


class Trials:
    """The refusals of each party; of parties of the roster alone, as only those are vouched for."""

    def __init__(self, now: Callable[[], float], pause: float) -> None:
        """Nobody was refused; ``now`` returns seconds of the node's clock."""
        self._now = now
        self._pause = pause
        self._refused: dict[str, dict[bytes, _Refused]] = {}

    def check(self, party: str, digest: bytes) -> None:
        """Raise `EvidenceInvalid`, with the last refusal, where that certificate has to wait."""
        known = self._refused.get(party, {})
        found = known.get(_key(known, digest))
        if found is not None and found.pace.wait(self._now()) > 0:
            raise EvidenceInvalid(party, RESTS.format(pause=self._pause, why=found.why))

    def failed(self, party: str, digest: bytes, refusal: IdentityError) -> None:
        """A certificate that a party has shown by its own key was refused, or a proof beside it."""
        now, known = self._now(), self._refused.setdefault(party, {})
        for old in [each for each, found in known.items() if found.when <= now - FORGOTTEN]:
            del known[old]
        found = known.setdefault(_key(known, digest), _Refused(Pace(self._pause, BURST)))
        found.pace.count(now)
        found.why, found.when = refusal.problem, now


def _key(known: dict[bytes, _Refused], digest: bytes) -> bytes:
    return digest if digest in known or len(known) < KEPT else FURTHER
